/**
 * A commit made again: other parents, another signature, every other byte as it was (dates, encoding, mergetag, what no
 * one knows). Lines are cut and put, never parsed and written again.
 */

import { concat, utf8 } from '../bytes.ts';
import { type ObjectFormat, readHeader, SIGNATURE_HEADERS } from './header.ts';
import { joinSignature, withoutSignatures } from './object.ts';

/**
 * What a new signature covers: the commit without any signature, its parents replaced as `renamed` says.
 * @throws Refusal `object-malformed` where git would read something else than what is made again
 */
export function unsignedCommit(raw: Uint8Array, renamed: ReadonlyMap<string, string>): Uint8Array {
  const header = readHeader('commit', raw, { form: 'stored' });
  const payload = withoutSignatures(raw, header);
  if (header.type !== 'commit') return payload;
  const { tree, parents } = header;
  const width = tree.length + 1;
  const first = 'tree '.length + width;
  const behind = first + parents.length * ('parent '.length + width);
  const lines = parents.map((parent) => `parent ${renamed.get(parent) ?? parent}\n`);
  return concat(payload.subarray(0, first), utf8(lines.join('')), payload.subarray(behind));
}

/** The commit with its signature, as git puts it there: the last header before the blank line, lines folded. */
export function signedCommit(payload: Uint8Array, armor: string, format: ObjectFormat): Uint8Array {
  return joinSignature(payload, utf8(armor), SIGNATURE_HEADERS[format]);
}
