/** Finds odd parts of a valid policy: rules without effect, signers whose dates are over, patterns that match too much. */

import { DEFAULT_RULE } from './decide.ts';
import { approvalOddities } from './lint-approvals.ts';
import { attestationOddities } from './lint-attestations.ts';
import { carriedOddities } from './lint-carried.ts';
import type { IdentityPolicy, IdentityRule, ObjectRule } from './model.ts';
import { coversPattern, matchesWhole } from './patterns.ts';
import { reachedRules, takenBefore } from './reach.ts';
import { ownersOf } from './revocations.ts';

/** One odd part. */
export interface Oddity {
  /** A signer's name, or a rule's label. */
  readonly where: string;
  readonly what: string;
}

/** Identities that no careful pattern matches. */
const STRANGERS = [
  'mallory@evil.example',
  'x@example.com.evil.example',
  'https://github.com/evil/fork/.github/workflows/x.yml@refs/heads/main',
];
const AFTER_EVERYTHING = /(?:^|[^\\])(?:\.\*|\.\+)\$?$/;
const LIVE_DOT = /[a-z0-9]\.[a-z]{2,}/i;

function patternOddities({ name, identityPattern }: IdentityRule): readonly Oddity[] {
  if (identityPattern === undefined) return [];
  const odd: Oddity[] = [];
  const say = (what: string) => odd.push({ where: name, what });
  if (STRANGERS.some((stranger) => matchesWhole(identityPattern, stranger))) {
    say('the pattern matches every account of this issuer');
  } else if (AFTER_EVERYTHING.test(identityPattern)) {
    say('the pattern has an open end, so a longer name matches it too');
  }
  if (LIVE_DOT.test(identityPattern.replaceAll('\\.', ''))) {
    say('an unescaped dot matches any character');
  }
  return odd;
}

function dateOddities(
  { name, until }: Pick<IdentityRule, 'name' | 'until'>,
  now: number,
): readonly Oddity[] {
  if (until === undefined || until >= now) return [];
  return [{ where: name, what: 'may no longer sign, and its earlier signatures stay verified' }];
}

/** Finds signers that an earlier signer already covers. */
function shadowed(rules: readonly IdentityRule[]): readonly Oddity[] {
  return rules.flatMap((rule, index) => {
    const { identity, issuer } = rule;
    if (identity === undefined) return [];
    const same = rules
      .slice(0, index)
      .find(
        (other) =>
          other.identity === identity && other.issuer === issuer && other.kind === rule.kind,
      );
    return same === undefined ? [] : [{ where: rule.name, what: `it is the same as ${same.name}` }];
  });
}

function unreachable(rules: readonly ObjectRule[], kind: 'commits' | 'tags'): readonly Oddity[] {
  const taken = takenBefore(rules, kind);
  return rules.flatMap(({ label }, index) => {
    const before = taken[index];
    if (before === undefined) return [];
    const first = before.map((rule) => rule.label).join(' and ');
    const what = `never reached: ${first} ${before.length === 1 ? 'fits' : 'fit'} first`;
    return [{ where: label, what }];
  });
}

function idle(policy: IdentityPolicy): readonly Oddity[] {
  const rules = [...(policy.commits ?? []), ...(policy.tags ?? [])];
  if (rules.length === 0 || !rules.some(({ on }) => on === undefined)) return [];
  if (rules.some(({ by }) => by === undefined)) return [];
  const approvers = rules.flatMap(({ approvals }) => approvals?.by ?? []);
  const signers = rules.flatMap(({ by = [], carried }) => [...by, ...(carried?.by ?? [])]);
  const attesters = policy.attestations?.flatMap(({ by = [] }) => by) ?? [];
  const also = [...(policy.changes ?? []), ...(policy.vsa?.by ?? []), ...attesters];
  const named = new Set([...signers, ...approvers, ...also]);
  const all = [...policy.rules, ...(policy.keys ?? [])].map(({ name }) => name);
  return [...new Set(all)]
    .filter((name) => !named.has(name))
    .map((name) => ({ where: name, what: 'no rule lets this signer sign anything' }));
}

function wholeOddities(policy: IdentityPolicy): readonly Oddity[] {
  const odd: Oddity[] = [];
  const say = (what: string) => odd.push({ where: 'policy', what });
  if (policy.sequence === undefined)
    say("there is no 'sequence', so going back to an older policy is not noticed");
  if (policy.changes === undefined)
    say("there is no 'changes', so every signer may change this file");
  if (policy.unlogged !== undefined) say('signatures in no log may count');
  const alone = new Set([...policy.rules, ...(policy.keys ?? [])].map(({ name }) => name)).size;
  const most = Math.max(
    1,
    ...[...(policy.commits ?? []), ...(policy.tags ?? [])].map((rule) => rule.distinctSigners),
  );
  if (most > alone) say(`distinct-signers: ${most}, but there are ${alone}`);
  return odd;
}

/** Finds workflows that sign summaries and whose signature also passes on a commit, because a rule lets every signer sign. */
function summaryOddities({ vsa, rules, commits = [] }: IdentityPolicy): readonly Oddity[] {
  const open = reachedRules(commits, DEFAULT_RULE).find(({ by }) => by === undefined);
  if (vsa === undefined || open === undefined) return [];
  const where = open.label === 'default' ? 'a ref without a rule' : open.label;
  const what = `it signs summaries, and ${where} lets it sign commits too`;
  return rules
    .filter(({ name, workflow }) => workflow !== undefined && vsa.by.includes(name))
    .map(({ name }) => ({ where: name, what }));
}

/** What no name of a ref holds (git-check-ref-format). */
const NEVER_IN_REF = /[\x00-\x20\x7f~^:?[\\]|\.\.|\/\/|\/\.|@\{|[./]$/;

/** Finds patterns of `push` that no ref has, or that another pattern covers. */
function pushOddities({ push }: IdentityPolicy): readonly Oddity[] {
  const refs = push?.refs ?? [];
  return refs.flatMap((pattern, index) => {
    const where = `push.refs[${index}]`;
    if (NEVER_IN_REF.test(pattern)) return [{ where, what: `no ref has a name like ${pattern}` }];
    const wider = refs.find((other) => other !== pattern && coversPattern(other, pattern));
    return wider === undefined ? [] : [{ where, what: `${wider} matches the same refs` }];
  });
}

/** Finds entries of `revoked` that hit no signer of the policy, and entries that no signer could take back. */
function revokedOddities(policy: IdentityPolicy): readonly Oddity[] {
  const { rules, keys = [], revoked = [] } = policy;
  const mayChange = rules.filter(({ name }) => policy.changes?.includes(name) ?? true);
  const keyed = keys.some(({ name }) => policy.changes?.includes(name) ?? true);
  return revoked.flatMap((entry, index): readonly Oddity[] => {
    const { target } = entry;
    if (target.kind !== 'account') return [];
    const where = `revoked[${index}]`;
    const owners = ownersOf(policy, target);
    if (owners.size === 0) return [{ where, what: 'it hits no signer of this policy' }];
    const isOwner = ({ name, identity, issuer }: IdentityRule): boolean =>
      owners.has(name) || (identity === target.identity && issuer === target.issuer);
    if (keyed || !mayChange.every(isOwner)) return [];
    return [
      { where, what: 'it hits every signer that may change this file, so none can take it back' },
    ];
  });
}

/** Returns all odd parts, in the policy's order. `now` is in Unix seconds. */
export function oddities(policy: IdentityPolicy, now: number): readonly Oddity[] {
  return [
    ...wholeOddities(policy),
    ...policy.rules.flatMap((rule) => [...patternOddities(rule), ...dateOddities(rule, now)]),
    ...shadowed(policy.rules),
    ...unreachable(policy.commits ?? [], 'commits'),
    ...unreachable(policy.tags ?? [], 'tags'),
    ...approvalOddities(policy),
    ...attestationOddities(policy),
    ...carriedOddities(policy),
    ...pushOddities(policy),
    ...idle(policy),
    ...revokedOddities(policy),
    ...summaryOddities(policy),
  ];
}
