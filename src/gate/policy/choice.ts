/**
 * Chooses the policy of a run (docs/policy.md): a file, a revision, the parents of each commit, flags, or none. Each name
 * is resolved to a hash once, so that a moving ref cannot change the run (threat P13). Nothing comes from the tree that
 * is judged.
 */

import { resolve } from 'node:path';
import type { ParsedArguments } from '../../cli/spec.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { IdentityPolicy } from '../../core/policy/model.ts';
import { ConfigError, UsageError } from '../../errors.ts';
import { resolveCommits } from '../../git/names.ts';
import { shallowHint } from '../../git/paths.ts';
import type { GitRepository } from '../../git/repository.ts';
import type { Settings } from '../../settings/load.ts';
import type { Invocation } from '../../system/invocation.ts';
import { noPolicyGiven, policyOfFlags } from '../identity-flags.ts';
import type { PolicyBlobs } from './blobs.ts';

/** Where a repository keeps its policy. */
export const POLICY_PATH = '.signet.yaml';
/** The value of `--policy-from parents`. A branch of that name is `refs/heads/parents`. */
const PARENTS = 'parents';
/** The value of `--since vsa`. A branch of that name is `refs/heads/vsa`. */
const SUMMARIES = 'vsa';

/** The policy of a run, and the policies whose changes it watches. */
export interface PolicyChoice {
  /** If undefined, every signer passes. With `startBlob`, the policy of the start commit. */
  readonly policy?: IdentityPolicy | undefined;
  /** The ref that the commits are for. */
  readonly ref?: string | undefined;
  /** Full hash of the start. It and its ancestors are not judged. */
  readonly since?: string | undefined;
  /** True if a verification summary may be the start. */
  readonly summaries?: boolean;
  /** The repository's own policies, watched for changes. Absent if flags decide, or every signer passes. */
  readonly blobs?: PolicyBlobs;
  /** Blob of the start commit's policy, if each commit is judged by its parents' policy. */
  readonly startBlob?: string;
}

const WHOSE = 'whose verification summaries count';

interface Sources {
  readonly args: ParsedArguments;
  readonly settings: Settings;
  readonly invocation: Invocation;
  readonly crypto: Crypto;
  readonly repository: GitRepository;
}

/** Reads a policy at a revision, which messages name as the caller did. */
async function policyAt(
  revision: string,
  path: string,
  { repository, invocation, crypto }: Sources,
): Promise<IdentityPolicy> {
  const [commit] = await resolveCommits(repository, [revision]);
  const source = `${revision}:${path}`;
  if (commit === undefined) {
    const hint = shallowHint(repository).hint ?? `if a remote has ${revision}, run: git fetch`;
    throw new ConfigError(`${source}: there is no such revision`, { code: 'POLICY_FILE', hint });
  }
  const { readPolicyAt } = await import('./file.ts');
  const { cwd, env } = invocation;
  return readPolicyAt({ revision: commit.id, path }, { cwd, env, crypto }, source);
}

/** Reads the policy that flags or configuration name. Also returns where the repository keeps its policy. */
async function namedPolicy(
  sources: Sources,
): Promise<{ readonly policy: IdentityPolicy; readonly path: string } | undefined> {
  const { args, settings, invocation, crypto } = sources;
  const { cwd, env } = invocation;
  const revision = args.values.get('policy-from');
  const files = await import('./file.ts');
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
        policy: await files.loadConfiguredPolicy(settings.policy, { cwd, env, crypto }),
        path: POLICY_PATH,
      }
    : { policy: await policyAt(from, path, sources), path };
}

/** Resolves the start commit that `--since` or configuration names. */
async function sinceOf({ settings, repository }: Sources): Promise<string | undefined> {
  if (settings.since === undefined || settings.since === SUMMARIES) return undefined;
  const [commit] = await resolveCommits(repository, [settings.since]);
  if (commit !== undefined) return commit.id;
  const what = `${settings.since} (since): there is no such commit`;
  throw new UsageError(what, { code: 'NO_SUCH_OBJECT' });
}

/** Returns the branch whose tip a revision is. Both `origin/main` and `main` mean `refs/heads/main`. */
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

/** Chooses for `--policy-from parents`: the policy of the start commit, which must not come from the range itself. */
async function parentsChoice(sources: Sources, ref: string | undefined): Promise<PolicyChoice> {
  const { repository, crypto, settings } = sources;
  if (settings.since === SUMMARIES) {
    throw new UsageError('--policy-from parents needs a start that you name, and no summary', {
      hint: 'add: --since COMMIT',
    });
  }
  const since = await sinceOf(sources);
  if (since === undefined) {
    throw new UsageError('--policy-from parents needs a start that you name', {
      hint: 'add: --since COMMIT',
    });
  }
  const { openPolicyBlobs } = await import('./blobs.ts');
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
    const what = 'give only one of: a policy, --certificate-… flags, --unsafe-any-identity';
    throw new UsageError(what);
  }
}

/**
 * Chooses which signers may pass. Exactly one of flags, policy and `--unsafe-any-identity` must say so.
 * @throws UsageError if none of them does, or two do. ConfigError if the policy cannot be read
 */
export async function choosePolicy(sources: Sources): Promise<PolicyChoice> {
  const { args, crypto, repository } = sources;
  const flags = policyOfFlags(args, crypto);
  const from = args.values.get('policy-from');
  const typed = args.flags.policy !== undefined || from !== undefined;
  const anySigner = args.switches.has('unsafe-any-identity');
  refuseTwoAnswers([flags !== undefined, typed, anySigner]);
  if (args.flags.policy !== undefined && from !== undefined) {
    throw new UsageError('give only one of: --policy, --policy-from');
  }
  const ref = await refOf(sources);
  if (from === PARENTS) return parentsChoice(sources, ref);
  const given = await sinceOf(sources);
  const summaries = sources.settings.since === SUMMARIES;
  if (anySigner || flags !== undefined) {
    if (summaries) throw new UsageError(`--since vsa needs a policy that says ${WHOSE}`);
    return { policy: flags, since: given, ref };
  }
  const found = await namedPolicy(sources);
  if (found === undefined) throw noPolicyGiven();
  if (summaries && found.policy.vsa === undefined) {
    throw new ConfigError(`${found.policy.source} does not say ${WHOSE}`, {
      code: 'POLICY_FILE',
      hint: 'add: vsa: {by: [NAME]}, or name a start: --since COMMIT',
    });
  }
  const { openPolicyBlobs } = await import('./blobs.ts');
  const blobs = openPolicyBlobs(repository, found.path, crypto);
  const since = given ?? found.policy.since;
  return { policy: found.policy, blobs, ref, since, summaries };
}
