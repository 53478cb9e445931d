/** Random policies, signers and commits out of a small world, so that rules, names and refs meet often. */

import type { Party, Subject } from '../../src/core/policy/decide.ts';
import type {
  IdentityPolicy,
  IdentityRule,
  ObjectRule,
  Strictness,
} from '../../src/core/policy/model.ts';
import type { Signer } from '../../src/core/verdict.ts';
import { bytes } from '../../test/support/odd-objects.ts';
import type { Random } from './random.ts';

const ISSUERS = ['https://accounts.example.test', 'https://other.example.test'];
const PEOPLE = ['alice@example.test', 'bob@example.test', 'carol@example.test', 'web@forge.test'];
const NAMES = ['alice', 'bob', 'carol', 'web'];
const PATTERNS = ['.*@example\\.test', 'alice@.*', '.*', 'bob@example\\.test'];
const REFS = [
  'refs/heads/main',
  'refs/heads/dev',
  'refs/heads/a/b',
  'refs/tags/v1',
  'refs/notes/x',
];
const REF_PATTERNS = [
  ...REFS,
  'refs/heads/*',
  'refs/heads/**',
  'refs/**',
  'refs/*/*',
  'refs/heads/a*',
  'refs/**/b',
];
const TAGS = ['v1', 'v2', 'release/1', 'nightly'];
const TAG_PATTERNS = [...TAGS, 'v*', '**', '*', 'release/*'];
export const T = 1_700_000_000;
const DAY = 86_400;
const TIMES = [T - DAY, T, T + 1, T + DAY, T + 3 * DAY];
const STRICTNESS: readonly Strictness[] = ['ignore', 'report', 'match'];

const maybe = <T>(random: Random, make: () => T): T | undefined =>
  random.once(2) ? make() : undefined;
const defined = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

export function someOf<T>(random: Random, from: readonly T[]): readonly T[] {
  const chosen = from.filter(() => random.once(2));
  return chosen.length === 0 ? [random.pick(from)] : chosen;
}

function randomSigner(random: Random, name: string): IdentityRule {
  const byPattern = random.once(3);
  return defined({
    name,
    identity: byPattern ? undefined : random.pick(PEOPLE),
    identityPattern: byPattern ? random.pick(PATTERNS) : undefined,
    issuer: random.pick(ISSUERS),
    from: maybe(random, () => random.pick(TIMES)),
    until: random.once(4) ? random.pick(TIMES) : undefined,
    addresses: maybe(random, () => someOf(random, PEOPLE)),
  }) as IdentityRule;
}

export function randomRule(random: Random, kind: 'commits' | 'tags', index: number): ObjectRule {
  const patterns = kind === 'commits' ? REF_PATTERNS : TAG_PATTERNS;
  return defined({
    label: `${kind}[${index}]`,
    on: random.once(4) ? undefined : someOf(random, [random.pick(patterns), random.pick(patterns)]),
    by: random.once(4) ? undefined : someOf(random, NAMES),
    committer: random.pick(STRICTNESS),
    author: kind === 'commits' ? random.pick(STRICTNESS) : 'ignore',
    signOff: random.once(5),
    maxSkew: random.once(4) ? random.pick([60, DAY, 3 * DAY]) : undefined,
    merges: 'any',
    distinctSigners: 1,
  }) as ObjectRule;
}

export function randomPolicy(random: Random): IdentityPolicy {
  const rules = (kind: 'commits' | 'tags'): readonly ObjectRule[] =>
    Array.from({ length: 1 + random.below(4) }, (_, index) => randomRule(random, kind, index));
  return defined({
    source: 'p',
    digest: '00',
    rules: someOf(random, NAMES).map((name) => randomSigner(random, name)),
    commits: random.once(5) ? undefined : rules('commits'),
    tags: random.once(3) ? rules('tags') : undefined,
    changes: random.once(3) ? someOf(random, NAMES) : undefined,
  }) as IdentityPolicy;
}

export function randomParty(random: Random): Party {
  const signer: Signer = {
    ...{ kind: 'email', value: random.pick(PEOPLE), issuer: random.pick(ISSUERS), extensions: {} },
  };
  return { signer, times: someOf(random, TIMES.slice(0, 3)) };
}

export function randomSubject(random: Random): Subject {
  const person = (): string =>
    `N <${random.pick([...PEOPLE, 'mallory@example.test'])}> ${random.pick(TIMES)} +0000`;
  const signOff = random.once(2) ? `\n\nSigned-off-by: N <${random.pick(PEOPLE)}>` : '';
  const tag = random.once(4);
  const head = tag
    ? `object ${'1'.repeat(40)}\ntype commit\ntag ${random.pick(TAGS)}\ntagger ${person()}`
    : `tree ${'1'.repeat(40)}\nauthor ${person()}\ncommitter ${person()}`;
  return {
    type: tag ? 'tag' : 'commit',
    payload: bytes(`${head}\n\nx${signOff}\n`),
    ref: random.once(2) ? random.pick(REFS) : undefined,
    changesPolicy: random.once(6),
  };
}

/** Refs of each depth, in places that patterns name and that they do not. */
const ELSEWHERE = [
  ...['refs/w', 'refs/other/w', 'refs/other/w/w', 'refs/other/w/w/w/w'],
  ...['refs/heads/w', 'refs/heads/w/w', 'refs/heads/w/w/w'],
];

/** A ref for each pattern of the rules, refs that no pattern names, and those of this world. */
export function refsOf({ commits = [] }: IdentityPolicy): readonly string[] {
  const patterns = commits.flatMap(({ on = [] }) => on);
  const met = patterns.flatMap((pattern) => [
    pattern.replaceAll('**', 'w/w').replaceAll('*', 'w'),
    pattern.replaceAll('**', 'w').replaceAll('*', 'w'),
  ]);
  return [...new Set([...REFS, ...met, ...ELSEWHERE])];
}
