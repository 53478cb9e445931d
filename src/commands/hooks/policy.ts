/**
 * Decides which policy judges a push: the named one, the user's or server's own, or the one that the ref had before. It is
 * never a policy that is pushed, and never a tag's, because a rule may be changed only under that rule (threats P04, P15).
 */

import type { ParsedArguments } from '../../cli/spec.ts';
import { governing } from '../../core/policy/decide.ts';
import type { IdentityPolicy, ObjectRule } from '../../core/policy/model.ts';
import { UsageError } from '../../errors.ts';
import { readPolicyAt } from '../../gate/policy/file.ts';
import { readBlob } from '../../git/blob.ts';
import type { HookName } from '../../git/hooks.ts';
import { resolveCommits } from '../../git/names.ts';
import { type GitRepository, gitLine } from '../../git/repository.ts';
import { settingsHere } from '../../settings/here.ts';
import type { SettingCaller } from '../../settings/load.ts';
import { nodeCrypto } from '../../system/crypto.ts';
import type { Invocation } from '../../system/invocation.ts';
import { isForced, type Known, type RefUpdate } from './push-updates.ts';

/** Means the value of the ref before the push. */
const OLD = 'OLD';
export const POLICY = '.signet.yaml';

export interface PolicyQuestion {
  readonly args: ParsedArguments;
  readonly invocation: Invocation;
  readonly repository: GitRepository;
  /** True if this repository's own configuration is believed, as a server's bare repository is. */
  readonly caller: SettingCaller;
  /** The commit whose policy judges a ref that has no old value. */
  readonly fallback: string | undefined;
}

function policySaid({ args }: PolicyQuestion): boolean {
  const { flags, values, switches } = args;
  const names = [...values.keys()].some((name) => name.startsWith('certificate-'));
  return flags.policy !== undefined || names || switches.has('unsafe-any-identity');
}

/**
 * Returns the first of these commits that has a policy, unless the policy of a later one has a larger sequence. The author of a
 * branch chooses the commit that it starts from, and must not choose its policy in that way.
 */
async function newestOf(
  { invocation: { cwd, env } }: PolicyQuestion,
  commits: readonly (string | undefined)[],
): Promise<string | undefined> {
  let newest: { readonly id: string; readonly sequence: number } | undefined;
  for (const id of commits) {
    if (id === undefined) continue;
    const file = { revision: id, path: POLICY };
    if ((await readBlob(file, { cwd, env }, nodeCrypto)) === undefined) continue;
    const { sequence = 0 } = await readPolicyAt(file, { cwd, env, crypto: nodeCrypto });
    if (newest === undefined || sequence > newest.sequence) newest = { id, sequence };
  }
  return newest?.id;
}

/** `none` means that neither the ref nor the default branch has a policy. Without a revision, settings or flags name it. */
type FoundPolicy = { readonly revision: string | undefined } | 'none';

const found = new WeakMap<RefUpdate, Promise<FoundPolicy>>();

/** Returns the policy that judges this update: the named one, else the user's or server's own, else the one of the ref's old value. It is searched once. */
export function findPolicy(push: PolicyQuestion, update: RefUpdate): Promise<FoundPolicy> {
  const known = found.get(update) ?? searchPolicy(push, update);
  found.set(update, known);
  return known;
}

async function searchPolicy(push: PolicyQuestion, { ref, old }: RefUpdate): Promise<FoundPolicy> {
  const said = push.args.values.get('policy-from');
  if (said !== undefined && said !== OLD) return { revision: said };
  if (said === undefined) {
    if (policySaid(push)) return { revision: undefined };
    const { args, invocation, caller } = push;
    const settings = await settingsHere(invocation, { flags: args.flags, caller });
    if (settings.policy !== undefined) return { revision: undefined };
  }
  // rules are never taken from the old value of a tag or of another ref
  const own = ref.startsWith('refs/heads/') && old !== undefined;
  const [before] = own ? await resolveCommits(push.repository, [old]) : [];
  const revision = await newestOf(push, [before?.id, push.fallback]);
  return revision === undefined ? 'none' : { revision };
}

/** Returns the revision whose policy judges this update, or undefined if settings or flags name the policy. @throws UsageError if there is none */
export async function revisionOf(
  push: PolicyQuestion,
  update: RefUpdate,
): Promise<string | undefined> {
  const policy = await findPolicy(push, update);
  if (policy !== 'none') return policy.revision;
  throw new UsageError(
    `${update.ref}: neither its old value nor the default branch has a ${POLICY} to judge it by`,
    {
      hint: 'set signet.policy to a policy file of your own',
    },
  );
}

/** Removing commits may restore an older policy, so only a policy from outside the repository may allow it. */
export async function rollsBack(
  push: PolicyQuestion,
  update: RefUpdate,
  revision: string | undefined,
): Promise<boolean> {
  const { repository, invocation } = push;
  if (revision === undefined || !update.ref.startsWith('refs/heads/')) return false;
  if (!(await isForced(repository, update))) return false;
  const { cwd, env } = invocation;
  const [before, after] = await Promise.all(
    [update.old, update.new].map((id) =>
      readBlob({ revision: `${id}`, path: POLICY }, { cwd, env }, nodeCrypto),
    ),
  );
  return Buffer.compare(before ?? Buffer.alloc(0), after ?? Buffer.alloc(0)) !== 0;
}

/** Returns the branch whose policy judges new refs: the repository's own HEAD, or the remote's as last seen. */
export async function fallbackOf(
  hook: HookName,
  remote: string,
  repository: GitRepository,
): Promise<string | undefined> {
  const name = hook === 'pre-receive' ? 'HEAD' : `refs/remotes/${remote}/HEAD`;
  if (/[\s\0]/.test(name)) return undefined;
  const names = [
    name,
    ...(hook === 'pre-push'
      ? ['main', 'master'].map((one) => `refs/remotes/${remote}/${one}`)
      : []),
  ];
  const found = await resolveCommits(repository, names);
  return found.find((object) => object !== undefined)?.id;
}

/**
 * Decides which commits count as judged before a new branch: all that are known, unless the policy has rules by ref. Then
 * commits that another rule accepted do not count, because a branch under strict rules could be made from one under loose
 * rules. Neither do commits that were approved for another ref, if a rule asks for approvals by ref. Commits of the default
 * branch always count, because branches start from it.
 */
export async function knownFor(
  { repository, fallback, hook }: PolicyQuestion & { readonly hook: HookName },
  { ref, old }: RefUpdate,
  policy: IdentityPolicy | undefined,
  known: Known,
): Promise<Known> {
  const approvedByRef = ({ approvals }: ObjectRule): boolean =>
    approvals !== undefined && approvals.for === undefined;
  const byRef =
    policy?.commits?.some((rule) => rule.on !== undefined || approvedByRef(rule)) === true;
  if (!byRef || old !== undefined || !ref.startsWith('refs/heads/')) return known;
  const ruleOf = (name: string): string | undefined => {
    const [rule] = governing(policy, { type: 'commit', ref: name }, undefined);
    return rule !== undefined && approvedByRef(rule) ? `${rule.label} ${name}` : rule?.label;
  };
  const where = hook === 'pre-receive' ? 'refs/heads/' : 'refs/remotes/';
  const list = await gitLine(repository, [
    'for-each-ref',
    '--format=%(objectname) %(refname)',
    where,
  ]);
  const same = list.split('\n').flatMap((line) => {
    const [id = '', name = ''] = line.split(' ');
    const branch = name.replace(/^refs\/remotes\/[^/]+\//, 'refs/heads/');
    return id !== '' && ruleOf(branch) === ruleOf(ref) ? [id] : [];
  });
  const exclude = [...new Set(fallback === undefined ? same : [...same, fallback])];
  return { exclude, byTag: new Map() };
}
