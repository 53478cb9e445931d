/**
 * Decides whether a policy allows a signed object: the signer (identity.ts), the proven time (never today), the rule for
 * the ref or tag name, and the object's claims compared with the evidence. The evidence was checked before.
 */

import type { ObjectType } from '../git/signed-object.ts';
import { isoTime } from '../time.ts';
import type { Finding, PolicyCode } from '../verdict.ts';
import { type Claims, claimsOf, signOffsOf } from './claims.ts';
import { inForce, meets } from './identity.ts';
import type { IdentityPolicy, IdentityRule, KeyRule, ObjectRule, Revocation } from './model.ts';
import { matchesRef } from './patterns.ts';
import { reachedRules } from './reach.ts';
import { isAbout, isHit, type RevocableSignature, revocationText } from './revocations.ts';

/** The signed object. */
export interface Subject {
  /** Undefined for a payload that is neither commit nor tag. Then only signer and time are judged. */
  readonly type: ObjectType | undefined;
  readonly payload: Uint8Array;
  /** Unix seconds that the payload states, for a signature by a key that states none. By default those of the committer. */
  readonly claimedTime?: number | undefined;
  /** The ref that a commit is for. If unknown, any rule may allow it. */
  readonly ref?: string | undefined;
  /** Full hashes that the object is known to have. Entries of `revoked` may except it by them. */
  readonly ids?: readonly string[] | undefined;
  /** Entries of `revoked` that count beside the policy's own: those of later policies. */
  readonly revoked?: readonly Revocation[] | undefined;
  /** Entries of `revoked` that it takes back or weakens. */
  readonly lifts?: readonly Revocation[] | undefined;
  /** True if it changes the policy itself, which only some signers may do. */
  readonly changesPolicy?: boolean | undefined;
  /** Findings of checks that see more than one object. */
  readonly noticed?: readonly Finding[] | undefined;
}

/** Facts about an object that are not in its bytes. */
export type NotedFacts = Pick<Subject, 'changesPolicy' | 'noticed' | 'revoked' | 'lifts'>;

/** The signer with the times of the signature, and what entries of `revoked` may name. */
export type Party = RevocableSignature;

export type Decision =
  | { readonly allowed: true; readonly rule: string; readonly findings: readonly Finding[] }
  | {
      readonly allowed: false;
      readonly code: PolicyCode;
      readonly detail: string;
      readonly findings: readonly Finding[];
    };

/** The rule for objects that no rule of the policy governs. */
export const DEFAULT_RULE: ObjectRule = {
  label: 'default',
  committer: 'report',
  author: 'report',
  signOff: false,
  merges: 'any',
  distinctSigners: 1,
};

/** Seconds. A committer's date farther from the proven time is noted, even if no rule asks for it. */
const REPORTED_SKEW = 24 * 3600;

function no(code: PolicyCode, detail: string): Decision {
  return { allowed: false, code, detail, findings: [] };
}

const NO_RULES: readonly ObjectRule[] = [];

/** Returns the rules that may govern the subject: one if its ref is known, else each rule that some ref reaches. */
export function governing(
  policy: IdentityPolicy,
  { type, ref }: Pick<Subject, 'type' | 'ref'>,
  tagName: string | undefined,
): readonly ObjectRule[] {
  const rules = (type === 'tag' ? policy.tags : policy.commits) ?? NO_RULES;
  const name = type === 'tag' ? (tagName ?? '') : ref;
  if (name === undefined) return reachedRules(rules, DEFAULT_RULE);
  const fits = ({ on }: ObjectRule): boolean =>
    on === undefined || on.some((pattern) => matchesRef(pattern, name));
  return [rules.find(fits) ?? DEFAULT_RULE];
}

/** Returns one line about a signer of the policy who is not in force at these times. */
export function outOfDates(
  { name, from, until }: IdentityRule | KeyRule,
  times: readonly number[],
): string {
  const [time = 0] = times;
  if (until !== undefined && times.some((each) => each > until)) {
    return `${name} may sign until ${isoTime(until)}, but signed at ${isoTime(Math.max(...times))}`;
  }
  return `${name} may sign from ${isoTime(from ?? 0)}, but signed at ${isoTime(time)}`;
}

/** Returns the addresses that the signer may use: those in the certificate, and those that the policy adds. */
function addressesOf(
  { signer }: Party,
  rules: readonly (IdentityRule | KeyRule)[],
): readonly string[] {
  const own = signer.kind === 'email' ? [signer.value] : [];
  return [...own, ...rules.flatMap(({ addresses = [] }) => addresses)];
}

function personFinding(
  who: 'committer' | 'author',
  strictness: ObjectRule['committer'],
  email: string | undefined,
  addresses: readonly string[],
): readonly Finding[] {
  if (strictness === 'ignore' || (email !== undefined && addresses.includes(email))) return [];
  // a signer without any address has none to compare with
  if (strictness === 'report' && addresses.length === 0) return [];
  const severity = strictness === 'match' ? 'refusal' : 'note';
  const said = email === undefined ? 'cannot be read' : `is ${email}`;
  const detail = `the ${who} ${said}, and that is no address of the signer`;
  return [{ code: `${who}-differs`, detail, severity }];
}

function skewFinding(
  { maxSkew }: ObjectRule,
  { committer }: Claims,
  times: readonly number[],
): readonly Finding[] {
  const claimed = committer?.time;
  const [time] = times;
  if (claimed === undefined) {
    const detail = 'the date of the committer cannot be read';
    return maxSkew === undefined ? [] : [{ code: 'date-too-far', detail, severity: 'refusal' }];
  }
  const skew = Math.max(...times.map((each) => Math.abs(each - claimed)));
  if (time === undefined || skew <= (maxSkew ?? REPORTED_SKEW)) return [];
  const detail = `the committer's date is ${isoTime(claimed)}, but it was signed at ${isoTime(time)}`;
  return [{ code: 'date-too-far', detail, severity: maxSkew === undefined ? 'note' : 'refusal' }];
}

/** Returns the findings of a rule about the object's claims. */
function findingsUnder(
  rule: ObjectRule,
  subject: Subject,
  claims: Claims,
  addresses: readonly string[],
  times: readonly number[],
): readonly Finding[] {
  const findings = [
    ...personFinding('committer', rule.committer, claims.committer?.email, addresses),
  ];
  if (subject.type === 'commit') {
    findings.push(...personFinding('author', rule.author, claims.author?.email, addresses));
  }
  if (rule.signOff && !signOffsOf(subject.payload).some((each) => addresses.includes(each))) {
    const detail = 'there is no Signed-off-by with an address of the signer';
    findings.push({ code: 'sign-off-missing', detail, severity: 'refusal' });
  }
  findings.push(...skewFinding(rule, claims, times));
  return findings;
}

/** Adds findings to the decision. One refusal among them makes it a refusal. */
export function withFindings(decision: Decision, findings: readonly Finding[]): Decision {
  if (findings.length === 0) return decision;
  const all = [...decision.findings, ...findings];
  const refusal = findings.find(({ severity }) => severity === 'refusal');
  if (!decision.allowed || refusal === undefined) return { ...decision, findings: all };
  const code = refusal.code as PolicyCode;
  return { allowed: false, code, detail: refusal.detail, findings: all };
}

/** Returns true if one of these signers may change the policy. */
function mayChange(policy: IdentityPolicy, entitled: readonly (IdentityRule | KeyRule)[]): boolean {
  const { changes } = policy;
  return changes === undefined || entitled.some(({ name }) => changes.includes(name));
}

function underRule(
  rule: ObjectRule,
  entitled: readonly (IdentityRule | KeyRule)[],
  party: Party,
  subject: Subject,
  claims: Claims,
): Decision {
  const chosen = entitled.filter(({ name }) => rule.by === undefined || rule.by.includes(name));
  const [first] = chosen;
  if (first === undefined) {
    const what =
      subject.type === 'tag' ? `tag ${claims.tagName ?? ''}` : `commit to ${subject.ref}`;
    const names = entitled.map(({ name }) => name).join(', ');
    const where = subject.ref === undefined && subject.type === 'commit' ? 'commit' : what;
    return no('role-not-allowed', `${names} may not ${where} (${rule.label})`);
  }
  const addresses = addressesOf(party, chosen);
  const findings = findingsUnder(rule, subject, claims, addresses, party.times);
  return withFindings({ allowed: true, rule: first.name, findings: [] }, findings);
}

/** Returns the signers of the policy that match this party, whatever the time. */
export function signersOf(
  policy: IdentityPolicy,
  { signer, key }: Party,
): readonly (IdentityRule | KeyRule)[] {
  if (key !== undefined) return [key];
  return policy.rules.filter((rule) => meets(rule, signer));
}

/** Decides by all rules that may govern. One rule that allows is enough. */
function underRules(
  policy: IdentityPolicy,
  entitled: readonly (IdentityRule | KeyRule)[],
  party: Party,
  subject: Subject,
): Decision {
  if (subject.type === undefined || policy.identitiesOnly === true) {
    return { allowed: true, rule: entitled[0]?.name ?? '', findings: [] };
  }
  const claims = claimsOf(subject.type, subject.payload);
  // a name that no pattern could match must not escape the rules for names
  const named = claims.tagName !== undefined && !/[\0-\x1f\x7f]/.test(claims.tagName);
  if (subject.type === 'tag' && policy.tags !== undefined && !named) {
    return no('role-not-allowed', 'the name in the tag cannot be read');
  }
  let refused: Decision | undefined;
  for (const rule of governing(policy, subject, claims.tagName)) {
    const decision = underRule(rule, entitled, party, subject, claims);
    if (decision.allowed) return decision;
    refused ??= decision;
  }
  return refused ?? no('role-not-allowed', 'no rule allows this');
}

/** Returns the entry of `revoked` that hits the object, if any. */
export function revocationOf(
  { revoked = [] }: IdentityPolicy,
  party: Party,
  { revoked: later = [], ids = [] }: Pick<Subject, 'revoked' | 'ids'>,
): Revocation | undefined {
  return (
    revoked.find((entry) => isHit(entry, party, ids)) ??
    later.find((entry) => isHit(entry, party, ids))
  );
}

/** Decides about one object. The gate judges rules that need several objects. */
export function decide(policy: IdentityPolicy, party: Party, subject: Subject): Decision {
  const hit = revocationOf(policy, party, subject);
  if (hit !== undefined) return no('revoked', revocationText(hit));
  const known = signersOf(policy, party);
  const [first] = known;
  if (first === undefined)
    return no('identity-not-allowed', `the signer is not listed in ${policy.source}`);
  const entitled = known.filter((rule) => inForce(rule, party.times));
  if (entitled.length === 0) return no('signer-out-of-dates', outOfDates(first, party.times));
  if (subject.changesPolicy === true && !mayChange(policy, entitled)) {
    return no('policy-change-not-allowed', `${first.name} may not change the policy`);
  }
  const lifted = subject.lifts?.find((entry) => isAbout(policy, entry, party));
  if (lifted !== undefined) {
    const detail = `${first.name} may not take back what is about ${first.name} (${revocationText(lifted)})`;
    return no('policy-change-not-allowed', detail);
  }
  return withFindings(underRules(policy, entitled, party, subject), subject.noticed ?? []);
}
