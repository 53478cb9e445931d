/**
 * Rewrites a commit with other parents and another signature. Every other byte stays (dates, encoding, mergetag, unknown
 * headers). Lines are cut and joined, never parsed and written again.
 */

import { concat, utf8 } from '../bytes.ts';
import { type ObjectFormat, readHeader, SIGNATURE_HEADERS } from './header.ts';
import { joinSignature, withoutSignatures } from './signed-object.ts';

/**
 * Returns the payload of a new signature: the commit without any signature, with parents replaced as `renamed` says.
 * @throws Refusal `object-malformed` if git would read another object than the rewritten one
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

/** Returns the commit with its signature as git writes it: the last header before the blank line, with folded lines. */
export function signedCommit(payload: Uint8Array, armor: string, format: ObjectFormat): Uint8Array {
  return joinSignature(payload, utf8(armor), SIGNATURE_HEADERS[format]);
}
