/** What a server needs for signed pushes beside the policy: a seed for git's nonces, and its own addresses in the hook. */

import { isSignetError, UsageError } from '../../errors.ts';
import { loadConfiguredPolicy, readPolicyAt } from '../../gate/policy/file.ts';
import { readBlob } from '../../git/blob.ts';
import { gitEnvironment } from '../../git/environment.ts';
import { findGit, GIT_READS, type GitPlace, runGit } from '../../git/process.ts';
import { settingsHere } from '../../settings/here.ts';
import { nodeCrypto } from '../../system/crypto.ts';
import type { Invocation } from '../../system/invocation.ts';
import { POLICY } from './policy.ts';

/** Something that a server lacks, and what to type there. */
export interface Need {
  readonly what: string;
  readonly remedy: string;
}

const SEED: Need = {
  what: 'the policy asks for signed pushes, and git asks for no certificate here (receive.certNonceSeed)',
  remedy: 'git config receive.certNonceSeed "$(openssl rand -hex 32)"',
};
const PUSHEE: Need = {
  what: 'the policy asks for signed pushes, and the hook knows no address of this repository',
  remedy: 'git signet hooks install --pre-receive -- --pushee URL',
};

/** Returns what is missing. `pushees` is true if the hook knows an address. */
export async function missingHere(
  place: GitPlace,
  { pushees }: { readonly pushees: boolean },
): Promise<readonly Need[]> {
  const args = [...GIT_READS, 'config', '--get', 'receive.certNonceSeed'];
  const { exitCode, stdout } = await runGit(place, args);
  const seeded = exitCode === 0 && stdout.length > 1;
  return [...(seeded ? [] : [SEED]), ...(pushees ? [] : [PUSHEE])];
}

/** Returns true if the server's own policy or that of its default branch asks for signed pushes. */
async function asksHere(invocation: Invocation): Promise<boolean> {
  const { cwd, env } = invocation;
  try {
    const { policy } = await settingsHere(invocation, { caller: 'server' });
    const context = { cwd, env, crypto: nodeCrypto };
    if (policy !== undefined)
      return (await loadConfiguredPolicy(policy, context)).push !== undefined;
    const file = { revision: 'HEAD', path: POLICY };
    if ((await readBlob(file, { cwd, env }, nodeCrypto)) === undefined) return false;
    return (await readPolicyAt(file, context)).push !== undefined;
  } catch (error) {
    // the first push names a policy that cannot be read
    if (isSignetError(error)) return false;
    throw error;
  }
}

/** Returns what a server lacks for the signed pushes that its policy asks for. `hook` is the text of the hook. */
export async function signedPushNeeds(
  invocation: Invocation,
  hook: string,
): Promise<readonly Need[]> {
  if (!(await asksHere(invocation))) return [];
  const git = findGit(invocation.env);
  if (git === undefined) throw new UsageError('no git on PATH', { code: 'GIT_FAILED' });
  const place = { git, cwd: invocation.cwd, env: gitEnvironment(invocation.env) };
  return missingHere(place, { pushees: / --pushee[ =]/.test(hook) });
}
