/** Makes random policies, and the signers that they may name. */

import {
  CERTIFICATES,
  DURATIONS,
  IDENTITY_PATTERNS,
  isKey,
  JOB_REFS,
  type Job,
  KEYS,
  LOGS,
  type PolicyDocument,
  REF_PATTERNS,
  type RevokedEntry,
  type RuleEntry,
  type SignedBy,
  type SignerEntry,
  TAG_PATTERNS,
} from './cases.ts';
import type { Chance } from './chance.ts';

export const I1 = 'https://i1.test';
const I2 = 'https://i2.test';
const GITHUB = 'https://token.actions.githubusercontent.com';
export const DAY = 86_400;
export const START = Date.parse('2026-03-01T00:00:00Z') / 1000;
const FILE = '.github/workflows/release.yml';
export const EMAILS = ['alice@a.test', 'bob@a.test', 'bobxa.test', 'eve\nalice@a.test', 'bob'];

const job = (chance: Chance): Job => ({
  repository: chance.pick(['acme/app', 'acme/app', 'evil/app']),
  file: chance.pick([FILE, FILE, FILE, 'x.yml']),
  ref: chance.pick(['refs/heads/main', 'refs/tags/v1', 'refs/pull/7/merge']),
  trigger: chance.pick(['push', 'push', 'pull_request']),
  ...(chance.once(2) ? { environment: chance.pick(['prod', 'test']) } : {}),
  ...(chance.once(2) ? { repositoryId: chance.pick(['42', '43']) } : {}),
});

/** The full hash of the commit in a place. */
export const idOf = (at: number): string => (at + 1).toString(16).padStart(40, '0');

/** A signer out of few, so that entries of a policy often fit. */
export function signedBy(chance: Chance): SignedBy {
  const value = chance.pick(EMAILS);
  switch (chance.upTo(16)) {
    case 0:
      return { kind: 'otherName', value: 'carol!a.test', issuer: I1 };
    case 1:
      return { kind: 'uri', value: 'spiffe://a.test/ci', issuer: chance.pick([I1, I2]) };
    case 2:
    case 3: {
      const made = job(chance);
      const where = `https://github.com/${made.repository}/${made.file}@${made.ref}`;
      return { kind: 'uri', value: where, issuer: GITHUB, job: made };
    }
    case 4:
    case 5: {
      const { kind, value: pinned } = chance.pick(KEYS);
      return { kind, value: pinned };
    }
    case 6:
    case 7:
    case 8:
      return { kind: 'email', value, issuer: chance.once(3) ? I2 : I1 };
    default:
      return { kind: 'email', value: chance.pick(EMAILS.slice(0, 2)), issuer: I1 };
  }
}

/** Times at and beside the bounds that `from` and `until` use. */
export function time(chance: Chance): number {
  return START + chance.upTo(5) * DAY + chance.pick([-1, 0, 1, 43_199, 43_200, 43_201]);
}

const instant = (chance: Chance): string =>
  `2026-03-0${1 + chance.upTo(4)}${chance.pick(['', '', 'T12:00:00Z'])}`;

function dates(chance: Chance): Pick<SignerEntry, 'from' | 'until'> {
  if (!chance.once(3)) return {};
  const [first = '', last = ''] = [instant(chance), instant(chance)].sort();
  // the reader refuses a window that ends before it begins
  const both = first.slice(0, 10) !== last.slice(0, 10);
  return {
    ...(both || chance.once(2) ? { from: first } : {}),
    ...(both ? { until: last } : {}),
  };
}

function workflowEntry(chance: Chance): SignerEntry['workflow'] {
  return {
    repository: 'acme/app',
    file: FILE,
    ref: chance.pick(Object.keys(JOB_REFS)),
    trigger: chance.pick<string | readonly string[]>(['push', ['push', 'pull_request']]),
    ...(chance.once(3) ? { environment: 'prod' } : {}),
    ...(chance.once(3) ? { 'repository-id': '42' } : {}),
  };
}

function entryKind(chance: Chance): Omit<SignerEntry, 'name'> {
  const issuer = chance.once(6) ? I2 : I1;
  switch (chance.upTo(9)) {
    case 0:
      return { 'identity-pattern': chance.pick(Object.keys(IDENTITY_PATTERNS)), issuer };
    case 1:
      return { 'identity-pattern': chance.pick(Object.keys(IDENTITY_PATTERNS)), issuer };
    case 2:
      return { username: 'carol!a.test', issuer: I1 };
    case 3:
      return { spiffe: 'spiffe://a.test/ci', issuer };
    case 4: {
      const workflow = workflowEntry(chance);
      return { ...(workflow && { workflow }), ...(chance.once(4) ? { issuer: I1 } : {}) };
    }
    case 5:
    case 6: {
      const { kind, value } = chance.pick(KEYS);
      return { [kind]: value };
    }
    default:
      return { identity: chance.pick(EMAILS), issuer };
  }
}

/** `calm`: alice and bob may sign at any time, so that rules about several commits decide. */
function signers(chance: Chance, calm: boolean): readonly SignerEntry[] {
  const keys = new Set<string | undefined>();
  const alice = { name: 's0', identity: 'alice@a.test', issuer: I1 };
  const all: SignerEntry[] = calm
    ? [alice]
    : chance.once(4)
      ? []
      : [{ ...alice, ...dates(chance) }];
  if (calm || chance.once(2))
    all.push({ name: 'bob', 'identity-pattern': '.*@a\\.test', issuer: I1 });
  const count = all.length + chance.upTo(4) + (all.length === 0 ? 1 : 0);
  while (all.length < count) {
    const kind = entryKind(chance);
    const pinned = kind.ssh ?? kind.openpgp;
    if (pinned !== undefined && keys.has(pinned)) continue;
    keys.add(pinned);
    const committers = chance.once(3)
      ? { committers: chance.some(['alice@a.test', 'x@b.test']) }
      : {};
    const again = all.length > 0 && chance.once(5);
    const name = again ? chance.pick(all).name : `s${all.length}`;
    all.push({ name, ...kind, ...dates(chance), ...committers });
  }
  return all;
}

const STRICTNESS = ['match', 'report', 'ignore'] as const;

function rule(chance: Chance, names: readonly string[], type: 'commits' | 'tags'): RuleEntry {
  const places = Object.keys(type === 'commits' ? REF_PATTERNS : TAG_PATTERNS);
  const key = type === 'commits' ? 'refs' : 'names';
  const commits: RuleEntry = {
    ...(chance.once(4) ? { committer: chance.pick(STRICTNESS) } : {}),
    ...(chance.once(4) ? { author: chance.pick(STRICTNESS) } : {}),
    ...(chance.once(8) ? { 'sign-off': 'signer' } : {}),
    ...(chance.once(3)
      ? { merges: chance.pick(['any', 'passing', 'clean', 'clean'] as const) }
      : {}),
  };
  return {
    ...(chance.once(4) ? {} : { [key]: chance.some(places) }),
    ...(chance.once(2) ? { by: chance.some(names) } : {}),
    ...(type === 'commits' ? commits : chance.once(4) ? { tagger: chance.pick(STRICTNESS) } : {}),
    ...(chance.once(6) ? { 'max-skew': chance.pick(Object.keys(DURATIONS)) } : {}),
    ...(chance.once(3) ? { 'distinct-signers': 1 + chance.upTo(3) } : {}),
  };
}

const fullTime = (chance: Chance): string =>
  new Date(time(chance) * 1000)
    .toISOString()
    .replace(chance.once(2) ? '.000Z' : ':00.000Z', 'Z')
    .replace('.000Z', 'Z');

export function revokedEntry(chance: Chance): RevokedEntry {
  const except = chance.once(3) ? { except: chance.some([2, 3, 4, 5].map(idOf)) } : {};
  const more = { ...except, reason: `reason ${chance.upTo(3)}` };
  switch (chance.upTo(6)) {
    case 0:
      return { certificate: chance.pick(CERTIFICATES), ...more };
    case 1:
      return { log: chance.pick(LOGS), index: chance.upTo(4), ...more };
    case 2:
      return { key: chance.pick(KEYS).fingerprint, ...more };
    default: {
      const by = signedBy(chance);
      const account = isKey(by) ? { value: 'alice@a.test', issuer: I1 } : by;
      const [from = '', until = ''] = [fullTime(chance), fullTime(chance)].toSorted(
        (one, other) => Date.parse(one) - Date.parse(other),
      );
      const both = Date.parse(from) < Date.parse(until);
      const open = both && chance.once(3);
      const { value: identity, issuer } = account;
      return { identity, issuer, ...(open ? {} : { from }), ...(both ? { until } : {}), ...more };
    }
  }
}

/** True if the entries without an end take every account that may change the policy: no file may say that. */
function locksOut({ signers: all, revoked = [], changes, roles = {} }: PolicyDocument): boolean {
  const names = changes?.flatMap((name) => roles[name] ?? [name]) ?? all.map(({ name }) => name);
  const lost = (entry: SignerEntry): boolean =>
    revoked.some(
      ({ identity, issuer, until }) =>
        until === undefined &&
        identity !== undefined &&
        identity === (entry.identity ?? entry.username ?? entry.spiffe) &&
        issuer === entry.issuer,
    );
  return all.filter(({ name }) => names.includes(name)).every(lost);
}

function withRevoked(chance: Chance, policy: PolicyDocument): PolicyDocument {
  const { revoked: before = [], ...rest } = policy;
  const kept = chance.once(3) ? before.filter(() => chance.once(2)) : before;
  const weaker = kept.map((entry) => {
    const { from, except = [] } = entry;
    if (chance.once(6)) return { ...entry, except: [...new Set([...except, idOf(3)])] };
    if (from === undefined || !chance.once(4)) return entry;
    // a second later: the window stays, and begins too late
    const later = new Date(Date.parse(from) + 1000).toISOString().replace('.000Z', 'Z');
    const empty = entry.until !== undefined && Date.parse(later) >= Date.parse(entry.until);
    return empty ? entry : { ...entry, from: later };
  });
  const fresh = chance.once(3) ? [revokedEntry(chance)] : [];
  const revoked = [...weaker, ...fresh];
  const made = revoked.length === 0 ? rest : { ...rest, revoked };
  return locksOut(made) ? rest : made;
}

export function policyDocument(chance: Chance, calm: boolean): PolicyDocument {
  const all = signers(chance, calm);
  const alone = [...new Set(all.map(({ name }) => name))];
  const roles = chance.once(3) ? { team: chance.some(alone) } : undefined;
  const names = [...alone, ...Object.keys(roles ?? {})];
  const list = (type: 'commits' | 'tags', length: number): readonly RuleEntry[] =>
    Array.from({ length }, () => rule(chance, names, type));
  return withRevoked(chance, {
    version: 1,
    ...(chance.once(4) ? {} : { sequence: 1 + chance.upTo(4) }),
    signers: all,
    ...(roles === undefined ? {} : { roles }),
    ...(chance.once(3) ? {} : { commits: list('commits', 1 + chance.upTo(3)) }),
    ...(chance.once(3) ? { tags: list('tags', 1 + chance.upTo(3)) } : {}),
    ...(chance.once(3) ? { changes: chance.some(names) } : {}),
  });
}

/** A policy that differs from another one in little, as a change in a history does. */
export function changed(chance: Chance, before: PolicyDocument, calm: boolean): PolicyDocument {
  if (chance.once(4)) return policyDocument(chance, calm);
  const { sequence, ...rest } = before;
  const next = chance.once(4) ? sequence : (sequence ?? 0) + 1;
  const counted = next === undefined || next === 0 ? {} : { sequence: next };
  // a removed signer may be named elsewhere, so signers are only added
  const fresh = { name: `t${chance.upTo(3)}`, ...entryKind(chance) };
  const pinned = fresh.ssh ?? fresh.openpgp;
  const twice = before.signers.some(
    ({ name, ssh, openpgp }) =>
      name === fresh.name || (pinned !== undefined && (ssh ?? openpgp) === pinned),
  );
  const signing = twice ? before.signers : [...before.signers, fresh];
  return withRevoked(chance, { ...rest, ...counted, signers: signing });
}
