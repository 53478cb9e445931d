/** Reads `approvals` of a rule: how many people must approve, who may, and which ref they must name. */

import type { ApprovalsRule } from './model.ts';
import { asCount, asMap, asText, asWord, fault, type Path, type Reader } from './reader.ts';

/** One ref and no pattern, because an approval names one ref. git allows none of these characters in a name. */
const FULL_REF = /^refs\/[^\s\p{Cc}*?[\\^~:]+$/u;

/** Returns true for the full name of one ref. */
export function isFullRef(name: string): boolean {
  return FULL_REF.test(name);
}

function readFor(reader: Reader, value: unknown, path: Path): string {
  const ref = asText(reader, value, path);
  if (isFullRef(ref)) return ref;
  throw fault(reader, path, `'${ref}' is no full name of one ref, such as refs/heads/main`);
}

/** Reads `{count, by, not, for}`. `names` resolves a list of signers and roles. @throws ConfigError POLICY_FILE with line and column */
export function readApprovals(
  reader: Reader,
  value: unknown,
  path: Path,
  names: (value: unknown, path: Path) => readonly string[],
): ApprovalsRule {
  const fields = asMap(reader, value, path, ['count', 'by', 'not', 'for']);
  const at = (key: string): Path => [...path, key];
  const { count, by, not, for: ref } = fields;
  if (not !== undefined) asWord(reader, not, at('not'), ['author']);
  return {
    count: asCount(reader, count, at('count'), 1),
    ...(by === undefined ? {} : { by: names(by, at('by')) }),
    notAuthor: not !== undefined,
    ...(ref === undefined ? {} : { for: readFor(reader, ref, at('for')) }),
  };
}
