/** Makes random policies for histories with pull requests, and names the actors of those histories. */

import {
  type ApprovalsEntry,
  type AttestationEntry,
  type CarriedEntry,
  HEAD_PATTERNS,
  KEYS,
  type PolicyDocument,
  REF_PATTERNS,
  type RuleEntry,
  type SignedBy,
  type SignerEntry,
  STATEMENT_TYPES,
  TAG_PATTERNS,
} from './cases.ts';
import type { Chance } from './chance.ts';
import { I1, idOf, START } from './generate-policy.ts';

export interface Actor {
  readonly by: SignedBy;
  readonly email: string;
}

const account = (value: string, kind: 'email' | 'otherName' = 'email'): SignedBy => ({
  ...{ kind, value, issuer: I1 },
});

/** People: the first three write. The fourth is alice again, with another account. The last one is a stranger. */
export const ACTORS: readonly Actor[] = [
  { by: account('alice@a.test'), email: 'alice@a.test' },
  { by: account('bob@a.test'), email: 'bob@a.test' },
  { by: account('carol!a.test', 'otherName'), email: 'carol@a.test' },
  { by: account('al@x.test'), email: 'al@x.test' },
  { by: account('eve@e.test'), email: 'eve@e.test' },
];

const [PINNED, , OPENPGP] = KEYS;

/** Signers of the commits that a forge makes. Most of these have no signature. */
export const FORGES: readonly (SignedBy | undefined)[] = [
  ...[undefined, undefined, undefined],
  account('eve@e.test'),
  ...[PINNED, OPENPGP].flatMap((key) => (key ? [{ kind: key.kind, value: key.value }] : [])),
  account('web@host.test'),
];

function signers(chance: Chance): readonly SignerEntry[] {
  const second = chance.once(2) ? 'alice' : 'al';
  const until = new Date((START + 3600) * 1000).toISOString().replace('.000Z', 'Z');
  return [
    {
      ...{ name: 'alice', identity: 'alice@a.test', issuer: I1 },
      ...(chance.once(4) ? { committers: ['x@b.test'] } : {}),
    },
    {
      ...{ name: 'bob', issuer: I1 },
      ...(chance.once(4) ? { 'identity-pattern': '.*@a\\.test' } : { identity: 'bob@a.test' }),
      ...(chance.once(8) ? { until } : {}),
    },
    {
      ...{ name: 'carol', username: 'carol!a.test', issuer: I1 },
      ...(chance.once(2) ? { committers: ['carol@a.test'] } : {}),
    },
    ...(chance.once(4) ? [] : [{ name: second, identity: 'al@x.test', issuer: I1 }]),
    ...(chance.once(3) && PINNED ? [{ name: 'web', ssh: PINNED.value }] : []),
    ...(chance.once(3) ? [{ name: 'forge', identity: 'web@host.test', issuer: I1 }] : []),
  ];
}

function approvals(chance: Chance, names: readonly string[], tag: boolean): ApprovalsEntry {
  return {
    count: chance.pick([1, 1, 1, 2, 3]),
    ...(chance.once(3) ? { by: chance.some(names) } : {}),
    ...(chance.once(2) ? { not: 'author' } : {}),
    ...(chance.once(10) ? { for: tag ? 'refs/tags/v1' : 'refs/heads/next' } : {}),
  };
}

function carried(chance: Chance, names: readonly string[]): CarriedEntry {
  return {
    how: chance.once(2)
      ? ['squash', 'rebase', 'merge']
      : chance.some(['squash', 'rebase', 'merge']),
    ...(chance.once(6) ? { heads: chance.some(Object.keys(HEAD_PATTERNS)) } : {}),
    ...(chance.once(6) ? { by: chance.once(2) ? chance.some(names) : names.slice(-1) } : {}),
  };
}

interface Asks {
  readonly approvals: boolean;
  readonly carried: boolean;
  readonly attestations: boolean;
  readonly tags: boolean;
}

function rule(chance: Chance, names: readonly string[], asks: Asks): RuleEntry {
  return {
    ...(chance.once(3) ? { refs: chance.some(Object.keys(REF_PATTERNS)) } : {}),
    ...(chance.once(7) ? { by: chance.some(names) } : {}),
    ...(chance.once(14) ? { committer: 'match' } : {}),
    ...(chance.once(20) ? { author: 'match' } : {}),
    ...(chance.once(4) ? { merges: chance.pick(['passing', 'clean'] as const) } : {}),
    ...(chance.once(5) ? { 'distinct-signers': 2 } : {}),
    ...(asks.approvals && !chance.once(4) ? { approvals: approvals(chance, names, false) } : {}),
    ...(asks.carried && !chance.once(6) ? { carried: carried(chance, names) } : {}),
  };
}

function tagRule(chance: Chance, names: readonly string[], asks: Asks): RuleEntry {
  return {
    ...(chance.once(3) ? { names: chance.some(Object.keys(TAG_PATTERNS)) } : {}),
    ...(asks.approvals && !chance.once(5) ? { approvals: approvals(chance, names, true) } : {}),
  };
}

function attestation(chance: Chance, names: readonly string[]): AttestationEntry {
  return {
    type: chance.pick(Object.keys(STATEMENT_TYPES)),
    ...(chance.once(2) ? { by: chance.some(names) } : {}),
    ...(chance.once(3)
      ? { names: chance.some(Object.keys(TAG_PATTERNS)) }
      : { refs: chance.some(Object.keys(REF_PATTERNS)) }),
  };
}

function worldPolicy(chance: Chance, asks: Asks): PolicyDocument {
  const all = signers(chance);
  const alone = [...new Set(all.map(({ name }) => name))];
  const roles = chance.once(3) ? { team: chance.some(alone) } : undefined;
  const names = [...alone, ...Object.keys(roles ?? {})];
  const revoked = [
    {
      ...{ identity: chance.pick(['bob@a.test', 'al@x.test', 'eve@e.test']), issuer: I1 },
      ...{
        from: '2026-03-01T00:30Z',
        until: chance.pick(['2026-03-01T01:10Z', '2026-03-09T00:00Z']),
      },
      reason: 'lost',
      ...(chance.once(3) ? { except: [3, 4, 5].map(idOf) } : {}),
    },
  ];
  return {
    version: 1,
    sequence: 1 + chance.upTo(2),
    signers: all,
    ...(roles === undefined ? {} : { roles }),
    commits: Array.from({ length: 1 + chance.upTo(2) }, () => rule(chance, names, asks)),
    ...(asks.tags ? { tags: [tagRule(chance, names, asks)] } : {}),
    ...(chance.once(3) ? { changes: chance.some(names) } : {}),
    ...(chance.once(7) ? { revoked } : {}),
    ...(asks.attestations
      ? {
          attestations: Array.from({ length: 1 + chance.upTo(2) }, () =>
            attestation(chance, names),
          ),
        }
      : {}),
  };
}

/** Returns the policies of a case, and what they ask for. */
export function worldPolicies(chance: Chance): {
  readonly policies: readonly PolicyDocument[];
  readonly asks: Asks;
} {
  const asks = {
    approvals: !chance.once(3),
    carried: !chance.once(3),
    attestations: chance.once(6),
    tags: chance.once(3),
  };
  const policies = [worldPolicy(chance, asks)];
  while (policies.length < 3) {
    const { sequence = 0, ...before } = chance.pick(policies);
    const { commits } = worldPolicy(chance, asks);
    // names may be missing among the signers, so only the rules without names are taken
    const plain = commits?.map(({ by: _, approvals: asked, carried: carries, ...rest }) => ({
      ...rest,
      ...(asked && { approvals: withoutBy(asked) }),
      ...(carries && { carried: withoutBy(carries) }),
    }));
    const next = chance.once(3) && plain !== undefined ? { ...before, commits: plain } : before;
    policies.push({ ...next, sequence: sequence + (chance.once(5) ? 0 : 1) });
  }
  return { policies, asks };
}

function withoutBy<T extends { readonly by?: readonly string[] }>({ by: _, ...rest }: T) {
  return rest;
}
