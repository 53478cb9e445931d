/**
 * A second model of the policy, written from docs/policy.md. It knows nothing of the code that it judges: it has its own
 * reading of dates, its own order of reasons and, for patterns, tables (cases.ts). It is slow and plain on purpose.
 */

import {
  type Act,
  type Commit,
  DURATIONS,
  IDENTITY_PATTERNS,
  isKey,
  JOB_REFS,
  type Job,
  type PolicyDocument,
  REF_PATTERNS,
  REFS,
  type RevokedEntry,
  type RuleEntry,
  type Said,
  type SignedBy,
  type SignerEntry,
  TAG_PATTERNS,
  type WorkflowEntry,
} from './cases.ts';
import { isHit, isOwn, takenBack } from './revoked.ts';

export const no = (code: string): Said => ({ status: 'not-allowed', code });

/** "A day means its first second in `from` and its last one in `until`. Both bounds count." */
export function within({ from, until }: SignerEntry, time: number): boolean {
  const second = (text: string, end: string): number =>
    Date.parse(text.includes('T') ? text : `${text}T${end}Z`) / 1000;
  if (from !== undefined && time < second(from, '00:00:00')) return false;
  return until === undefined || time <= second(until, '23:59:59');
}

function sameJob(entry: WorkflowEntry, job: Job): boolean {
  const triggers = [entry.trigger].flat();
  return (
    job.repository === entry.repository &&
    job.file === entry.file &&
    (JOB_REFS[entry.ref] ?? []).includes(job.ref) &&
    triggers.includes(job.trigger) &&
    (entry.environment === undefined || entry.environment === job.environment) &&
    (entry['repository-id'] === undefined || entry['repository-id'] === job.repositoryId)
  );
}

const GITHUB = 'https://token.actions.githubusercontent.com';

/** "An entry fits a signature if ..." */
export function fits(entry: SignerEntry, by: SignedBy): boolean {
  if (isKey(by)) return entry[by.kind] === by.value;
  if (by.issuer !== (entry.issuer ?? (entry.workflow && GITHUB))) return false;
  if (entry.workflow !== undefined) return by.job !== undefined && sameJob(entry.workflow, by.job);
  const pattern = entry['identity-pattern'];
  if (pattern !== undefined) return IDENTITY_PATTERNS[pattern]?.(by.value) === true;
  if (entry.username !== undefined) return by.kind === 'otherName' && by.value === entry.username;
  if (entry.spiffe !== undefined) return by.kind === 'uri' && by.value === entry.spiffe;
  return entry.identity === by.value;
}

/** "A person is the `name` of the first entry that fits the signature, whatever its dates." */
export function personOf(policy: PolicyDocument, by: SignedBy | undefined): string | undefined {
  return by && policy.signers.find((entry) => fits(entry, by))?.name;
}

/** Names of signers behind names of signers and roles. */
export function named(policy: PolicyDocument, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => policy.roles?.[name] ?? [name]);
}

const DEFAULT: RuleEntry = {};

function firstFor(rules: readonly RuleEntry[], type: Act['type'], name: string): RuleEntry {
  const covers = (pattern: string): boolean =>
    (type === 'tag' ? TAG_PATTERNS : REF_PATTERNS)[pattern]?.includes(name) === true;
  return rules.find(({ refs, names }) => (refs ?? names)?.some(covers) ?? true) ?? DEFAULT;
}

/** "The first rule whose refs fit decides. If the ref is not known, a rule may allow if some ref reaches it." */
export function governing(
  policy: PolicyDocument,
  act: Act,
  ref: string | undefined,
): readonly RuleEntry[] {
  if (act.type === 'tag') return [firstFor(policy.tags ?? [], 'tag', act.tagName ?? '')];
  const rules = policy.commits ?? [];
  if (ref !== undefined) return [firstFor(rules, 'commit', ref)];
  const reached = new Set(REFS.map((each) => firstFor(rules, 'commit', each)));
  return [...rules, DEFAULT].filter((rule) => reached.has(rule));
}

/** What a rule has against the claims of an object, in the documented order. A remark has no weight. */
function claims(
  rule: RuleEntry,
  act: Act,
  addresses: readonly string[],
): { readonly against: readonly string[]; readonly notes: readonly string[] } {
  const against: string[] = [];
  const notes: string[] = [];
  const person = (who: 'committer' | 'author', how = 'report'): void => {
    const line = act[who];
    if (how === 'ignore' || (line !== 'odd' && addresses.includes(line.email))) return;
    if (how === 'match') against.push(`${who}-differs`);
    else if (addresses.length > 0) notes.push(`${who}-differs`);
  };
  person('committer', act.type === 'tag' ? rule.tagger : rule.committer);
  if (act.type === 'commit') person('author', rule.author);
  const signed = act.signOffs.some((each) => addresses.includes(each));
  if (rule['sign-off'] !== undefined && !signed) against.push('sign-off-missing');
  const skew = rule['max-skew'];
  const { committer } = act;
  const far = (most: number): boolean =>
    committer !== 'odd' && act.times.some((time) => Math.abs(time - committer.time) > most);
  if (skew === undefined && far(86_400)) notes.push('date-too-far');
  if (skew !== undefined && (committer === 'odd' || far(DURATIONS[skew] ?? 0))) {
    against.push('date-too-far');
  }
  return { against, notes };
}

/** What a commit does to the policy itself: it needs a signer who may change it, or it is refused for every signer. */
export type Change = 'none' | { readonly lifts: readonly RevokedEntry[] } | string;

/** Judges one object under one policy. */
export function judgeAct(
  policy: PolicyDocument,
  act: Act,
  ref: string | undefined,
  change: Change = 'none',
  later: readonly RevokedEntry[] = [],
): Said {
  const { by } = act;
  if (by === undefined) return { status: 'unsigned' };
  const known = policy.signers.filter((entry) => fits(entry, by));
  if (isKey(by)) {
    const { kind } = by;
    if (policy.signers.every((entry) => entry[kind] === undefined)) return { status: 'undecided' };
    if (known.length === 0) return no('key-not-pinned');
  }
  if ([...(policy.revoked ?? []), ...later].some((entry) => isHit(entry, act)))
    return no('revoked');
  if (known.length === 0) return no('identity-not-allowed');
  const dated = known.filter((entry) => act.times.every((time) => within(entry, time)));
  if (dated.length === 0) return no('signer-out-of-dates');
  const mayChange = named(policy, policy.changes ?? policy.signers.map(({ name }) => name));
  if (typeof change !== 'string') {
    const entitled = dated.some(({ name }) => mayChange.includes(name));
    if (!entitled || change.lifts.some((entry) => isOwn(policy, entry, by, personOf))) {
      return no('policy-change-not-allowed');
    }
  }
  const answers = governing(policy, act, ref).map((rule): Said => {
    const chosen = dated.filter(({ name }) => !rule.by || named(policy, rule.by).includes(name));
    const [first] = chosen;
    if (first === undefined) return no('role-not-allowed');
    const own = by.kind === 'email' ? [by.value] : [];
    const addresses = [...own, ...chosen.flatMap(({ committers = [] }) => committers)];
    const { against, notes } = claims(rule, act, addresses);
    const [code] = against;
    if (code !== undefined) return no(code);
    return { status: 'verified', rule: first.name, notes: notes.toSorted() };
  });
  const allowed = answers.find(({ status }) => status === 'verified');
  const said = allowed ?? answers[0] ?? no('role-not-allowed');
  const refused = typeof change === 'string' && change !== 'none' ? change : undefined;
  return said.status === 'verified' && refused !== undefined ? no(refused) : said;
}

export type Held = Commit['policy'];

/** "A commit that changes the policy ..." `own` is what its tree holds, and `before` what its parents hold. */
export function changeOf(
  policies: readonly PolicyDocument[],
  own: Held,
  before: readonly Held[],
): Change {
  const others = before.filter((each) => each !== own);
  if (before.length > 0 ? others.length === 0 : own === 'none') return 'none';
  if (own === 'none') return 'policy-removed';
  if (own === 'broken') return 'policy-invalid';
  const sequence = (held: Held): number =>
    (typeof held === 'number' ? policies[held]?.sequence : undefined) ?? 0;
  const highest = Math.max(0, ...others.map(sequence));
  const read = (held: Held): PolicyDocument | undefined =>
    typeof held === 'number' ? policies[held] : undefined;
  const lifts = others.flatMap((each) => takenBack(read(each), read(own) as PolicyDocument));
  if (lifts.length > 0 && sequence(own) <= highest) return 'policy-rolled-back';
  const kept = before.includes(own);
  if (kept && sequence(own) < highest) return 'policy-rolled-back';
  if (!kept && highest > 0 && sequence(own) <= highest) return 'policy-rolled-back';
  if (kept && (before[0] === own || sequence(own) > highest)) return 'none';
  return { lifts };
}
