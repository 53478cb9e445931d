/**
 * Reads the `commits` and `tags` of a policy, the rules by ref and by tag name. The first rule that matches governs. If
 * none matches, every signer of the policy may sign. Reads `push` too.
 */

import { readCarried } from './carried-rule.ts';
import { DEFAULT_RULE } from './decide.ts';
import type { ApprovalsRule, CarriedRule, ObjectRule, PushRule } from './model.ts';
import { readApprovals } from './read-approvals.ts';
import {
  asCount,
  asDuration,
  asMap,
  asTexts,
  asWord,
  type Fields,
  fault,
  type Path,
  type Reader,
} from './reader.ts';

/** Names that `by` may hold: signers, and roles with their signers. */
export type Names = ReadonlyMap<string, readonly string[]>;

const STRICTNESS = ['match', 'report', 'ignore'] as const;
const MERGES = ['any', 'passing', 'clean'] as const;
const KEYS = {
  commits: ['refs', 'committer', 'author', 'sign-off', 'merges', 'carried'],
  tags: ['names', 'tagger'],
} as const;
const COMMON = ['by', 'max-skew', 'distinct-signers', 'approvals'];

/** Returns the signers of names. @throws ConfigError POLICY_FILE for an unknown name */
export function resolveNames(
  reader: Reader,
  value: unknown,
  path: Path,
  names: Names,
): readonly string[] {
  const signers = asTexts(reader, value, path).flatMap((name, index) => {
    const found = names.get(name);
    if (found === undefined) {
      throw fault(reader, [...path, index], `there is no signer or role '${name}'`);
    }
    return found;
  });
  return [...new Set(signers)];
}

function readRefs(reader: Reader, value: unknown, path: Path): readonly string[] {
  const refs = asTexts(reader, value, path);
  const short = refs.findIndex((ref) => !ref.startsWith('refs/'));
  if (short === -1) return refs;
  throw fault(reader, [...path, short], `'${refs[short]}' is no full name such as refs/heads/main`);
}

function readPlaces(
  reader: Reader,
  kind: 'commits' | 'tags',
  rule: Fields,
  path: Path,
): readonly string[] | undefined {
  const key = kind === 'commits' ? 'refs' : 'names';
  if (rule[key] === undefined) return undefined;
  const read = kind === 'commits' ? readRefs : asTexts;
  return read(reader, rule[key], [...path, key]);
}

function readRule(
  reader: Reader,
  kind: 'commits' | 'tags',
  value: unknown,
  path: Path,
  names: Names,
): ObjectRule {
  const rule = asMap(reader, value, path, [...KEYS[kind], ...COMMON]);
  const on = readPlaces(reader, kind, rule, path);
  const person = kind === 'commits' ? 'committer' : 'tagger';
  const strictness = (key: string): ObjectRule['committer'] =>
    rule[key] === undefined ? 'report' : asWord(reader, rule[key], [...path, key], STRICTNESS);
  const read = <T>(key: string, as: (at: Path) => T, otherwise: T): T =>
    rule[key] === undefined ? otherwise : as([...path, key]);
  const signOff = read('sign-off', (at) => asWord(reader, rule['sign-off'], at, ['signer']), '');
  const skew = read<number | undefined>(
    'max-skew',
    (at) => asDuration(reader, rule['max-skew'], at),
    undefined,
  );
  const distinct = 'distinct-signers';
  const signers = (value: unknown, at: Path) => resolveNames(reader, value, at, names);
  const approvals = read<ApprovalsRule | undefined>(
    'approvals',
    (at) => readApprovals(reader, rule.approvals, at, signers),
    undefined,
  );
  const carried = read<CarriedRule | undefined>(
    'carried',
    (at) => readCarried(reader, rule.carried, at, signers),
    undefined,
  );
  return {
    ...DEFAULT_RULE,
    label: `${kind}[${path.at(-1)}]`,
    ...(on === undefined ? {} : { on }),
    ...(rule.by === undefined ? {} : { by: signers(rule.by, [...path, 'by']) }),
    committer: strictness(person),
    author: kind === 'commits' ? strictness('author') : 'ignore',
    signOff: signOff === 'signer',
    ...(skew === undefined ? {} : { maxSkew: skew }),
    merges: read('merges', (at) => asWord(reader, rule.merges, at, MERGES), 'any'),
    distinctSigners: read(distinct, (at) => asCount(reader, rule[distinct], at, 1), 1),
    ...(approvals === undefined ? {} : { approvals }),
    ...(carried === undefined ? {} : { carried }),
  };
}

/** Reads `commits` or `tags`. Returns undefined if the policy has none. @throws ConfigError POLICY_FILE with line and column */
export function readObjectRules(
  reader: Reader,
  kind: 'commits' | 'tags',
  value: unknown,
  names: Names,
): readonly ObjectRule[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0) {
    throw fault(reader, [kind], `'${kind}' must be a list, and not empty`);
  }
  return value.map((rule: unknown, index) => readRule(reader, kind, rule, [kind, index], names));
}

/** Reads `push`: `signed` for all refs, or a list of refs. @throws ConfigError POLICY_FILE with line and column */
export function readPushRule(reader: Reader, value: unknown): PushRule {
  if (typeof value !== 'object') {
    asWord(reader, value, ['push'], ['signed']);
    return {};
  }
  const { refs } = asMap(reader, value, ['push'], ['refs']);
  return { refs: readRefs(reader, refs, ['push', 'refs']) };
}
