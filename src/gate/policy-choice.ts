/**
 * Where the policy of a run comes from (docs/policy.md): a file, a revision, the parents of each commit, flags, or nowhere.
 * Names are resolved once, to hashes, and the same hash judges and is judged against (threat P13); nothing comes from
 * the tree under judgement.
 */

import { resolve } from 'node:path';
import type { ParsedArguments } from '../cli/spec.ts';
import type { Crypto } from '../core/crypto.ts';
import type { IdentityPolicy } from '../core/policy/model.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { resolveCommits } from '../git/names.ts';
import type { GitRepository } from '../git/repository.ts';
import type { Settings } from '../settings/load.ts';
import type { Invocation } from '../system/invocation.ts';
import { nobodySaid, policyOfFlags } from './identity-flags.ts';
import type { PolicyBlobs } from './policy-blobs.ts';

/** Where a repository keeps its policy. */
export const POLICY_PATH = '.signet.yaml';
/** `--policy-from parents`; a branch of that name is `refs/heads/parents`. */
const PARENTS = 'parents';

/** What judges, and what is watched meanwhile. */
export interface PolicyChoice {
  /** Undefined: anybody. With `start`: the policy of the start commit. */
  readonly policy?: IdentityPolicy | undefined;
  /** The ref that the commits are for. */
  readonly ref?: string | undefined;
  /** Full hash: it and its ancestors are not judged. */
  readonly since?: string | undefined;
  /** The repository's own policies, watched for changes; absent where nobody asked for a policy. */
  readonly blobs?: PolicyBlobs;
  /** Blob of the start commit's policy, where each commit is judged by its parents'. */
  readonly startBlob?: string;
}

interface Sources {
  readonly args: ParsedArguments;
  readonly settings: Settings;
  readonly invocation: Invocation;
  readonly crypto: Crypto;
  readonly repository: GitRepository;
}

/** A policy by its commit's hash, named as it was asked for. */
async function policyAt(
  revision: string,
  path: string,
  { repository, invocation, crypto }: Sources,
): Promise<IdentityPolicy> {
  const [commit] = await resolveCommits(repository, [revision]);
  const source = `${revision}:${path}`;
  if (commit === undefined) {
    throw new ConfigError(`${source}: no such revision`, { code: 'POLICY_FILE' });
  }
  const { readPolicyAt } = await import('./policy-file.ts');
  const { cwd, env } = invocation;
  return readPolicyAt({ revision: commit.id, path }, cwd, env, crypto, source);
}

/** The policy that is named, and where the repository keeps it. */
async function namedPolicy(
  sources: Sources,
): Promise<{ readonly policy: IdentityPolicy; readonly path: string } | undefined> {
  const { args, settings, invocation, crypto } = sources;
  const { cwd, env } = invocation;
  const revision = args.values.get('policy-from');
  const files = await import('./policy-file.ts');
  if (revision !== undefined) {
    return { policy: await policyAt(revision, POLICY_PATH, sources), path: POLICY_PATH };
  }
  const typed = args.flags.policy;
  if (typed !== undefined) {
    const policy = await files.readPolicyFile(resolve(cwd, typed), crypto);
    return { policy, path: POLICY_PATH };
  }
  if (settings.policy === undefined) return undefined;
  const [, from, path] = /^([^:/~][^:]*):(.+)$/s.exec(settings.policy) ?? [];
  return from === undefined || path === undefined
    ? {
        policy: await files.loadConfiguredPolicy(settings.policy, cwd, env, crypto),
        path: POLICY_PATH,
      }
    : { policy: await policyAt(from, path, sources), path };
}

/** The start commit, as `--since` or configuration names it. */
async function sinceOf({ settings, repository }: Sources): Promise<string | undefined> {
  if (settings.since === undefined) return undefined;
  const [commit] = await resolveCommits(repository, [settings.since]);
  if (commit !== undefined) return commit.id;
  throw new UsageError(`${settings.since} (since): no such commit`, { code: 'NO_SUCH_OBJECT' });
}

/** The branch that a revision is the tip of: `origin/main` and `main` are for `refs/heads/main`. */
async function refOf({ args, repository }: Sources): Promise<string | undefined> {
  const given = args.values.get('ref');
  if (given?.startsWith('refs/') === true) return given;
  if (given !== undefined) {
    throw new UsageError(`--ref ${given}: expected a full name such as refs/heads/main`);
  }
  const revision = args.values.get('policy-from');
  if (revision === undefined || revision === PARENTS) return undefined;
  const ref = (await resolveCommits(repository, [revision]))[0]?.ref;
  if (ref?.startsWith('refs/heads/') === true) return ref;
  const branch = ref === undefined ? undefined : /^refs\/remotes\/[^/]+\/(.+)$/s.exec(ref)?.[1];
  return branch === undefined || branch === 'HEAD' ? undefined : `refs/heads/${branch}`;
}

/** `--policy-from parents`: the policy of the start commit, which somebody other than the range must name. */
async function parentsChoice(sources: Sources, ref: string | undefined): Promise<PolicyChoice> {
  const { repository, crypto } = sources;
  const since = await sinceOf(sources);
  if (since === undefined) {
    throw new UsageError('--policy-from parents needs a start that the range does not choose', {
      hint: 'add: --since COMMIT',
    });
  }
  const { openPolicyBlobs } = await import('./policy-blobs.ts');
  const blobs = openPolicyBlobs(repository, POLICY_PATH, crypto);
  const startBlob = (await blobs.names([{ id: since }])).get(since);
  const policy = startBlob === undefined ? undefined : await blobs.policy(startBlob);
  if (startBlob === undefined || policy === undefined) {
    const problem = startBlob === undefined ? 'has no' : 'has an unreadable';
    throw new ConfigError(`the start commit ${since} ${problem} ${POLICY_PATH}`, {
      code: 'POLICY_FILE',
    });
  }
  const source = `the parents, from ${since.slice(0, 12)}`;
  const named = { ...policy, source };
  return { policy: named, since, blobs, startBlob, ref };
}

function refuseTwoAnswers(answers: readonly boolean[]): void {
  if (answers.filter(Boolean).length > 1) {
    const what = 'a policy, --certificate-… flags and --unsafe-any-identity: only one of them';
    throw new UsageError(what);
  }
}

/**
 * Who may have signed, as exactly one of flags, policy and "anybody" says it.
 * @throws UsageError when nothing says so, or two things do; ConfigError for a policy that cannot be read
 */
export async function choosePolicy(sources: Sources): Promise<PolicyChoice> {
  const { args, crypto, repository } = sources;
  const flags = policyOfFlags(args, crypto);
  const from = args.values.get('policy-from');
  const typed = args.flags.policy !== undefined || from !== undefined;
  const anybody = args.switches.has('unsafe-any-identity');
  refuseTwoAnswers([flags !== undefined, typed, anybody]);
  if (args.flags.policy !== undefined && from !== undefined) {
    throw new UsageError('--policy and --policy-from: only one of them');
  }
  const ref = await refOf(sources);
  const about = ref === undefined ? {} : { ref };
  if (from === PARENTS) return parentsChoice(sources, ref);
  const given = await sinceOf(sources);
  if (anybody || flags !== undefined) {
    const since = given === undefined ? {} : { since: given };
    return { policy: flags, ...since, ...about };
  }
  const found = await namedPolicy(sources);
  if (found === undefined) throw nobodySaid();
  const { openPolicyBlobs } = await import('./policy-blobs.ts');
  const blobs = openPolicyBlobs(repository, found.path, crypto);
  const since = given ?? found.policy.since;
  return { policy: found.policy, blobs, ...about, since };
}
