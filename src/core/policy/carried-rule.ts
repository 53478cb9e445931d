/** Reads `carried` of a commit rule: how a commit may be carried by the signed commits of a head, and which refs are heads. */

import type { CarriedRule, CarriedWay } from './model.ts';
import { asMap, asTexts, asWord, fault, type Path, type Reader } from './reader.ts';

/** The ways in which a forge makes commits of its own out of a head. */
export const CARRIED_WAYS: readonly CarriedWay[] = ['squash', 'rebase', 'merge'];

/** Heads of pull requests and merge requests on their servers, and the refs that clones fetch them to. */
export const DEFAULT_HEADS: readonly string[] = [
  'refs/pull/*/head',
  'refs/merge-requests/*/head',
  'refs/pull-requests/*/from',
  'refs/remotes/*/pull/*',
  'refs/remotes/*/pull/*/head',
  'refs/remotes/*/pr/*',
  'refs/remotes/*/merge-requests/*',
  'refs/remotes/*/merge-requests/*/head',
];

function readHeads(reader: Reader, value: unknown, path: Path): readonly string[] {
  const heads = asTexts(reader, value, path);
  const short = heads.findIndex((head) => !head.startsWith('refs/'));
  if (short === -1) return heads;
  const problem = `'${heads[short]}' is no full name such as refs/pull/*/head`;
  throw fault(reader, [...path, short], problem);
}

/** Reads the field. `signersOf` reads names of signers and roles. @throws ConfigError POLICY_FILE with line and column */
export function readCarried(
  reader: Reader,
  value: unknown,
  path: Path,
  signersOf: (value: unknown, path: Path) => readonly string[],
): CarriedRule {
  const { how, heads, by } = asMap(reader, value, path, ['how', 'heads', 'by']);
  const ways = asTexts(reader, how, [...path, 'how']).map((way, index) =>
    asWord(reader, way, [...path, 'how', index], CARRIED_WAYS),
  );
  return {
    how: ways,
    heads: heads === undefined ? DEFAULT_HEADS : readHeads(reader, heads, [...path, 'heads']),
    ...(by === undefined ? {} : { by: signersOf(by, [...path, 'by']) }),
  };
}
