/**
 * Tells the kinds of payload apart that may be signed. The first bytes decide, and each kind has a strict reader that refuses
 * the others (threats K1, A1). git itself hands over commits, tags and push certificates. A statement comes from commands of
 * this program.
 */

import { fromUtf8Lossy } from '../bytes.ts';
import { isRecord } from '../json.ts';
import { type ObjectType, typeOf } from './header.ts';
import { standsAt } from './header-lines.ts';

/** The kinds that git hands over. */
export type GitKind = ObjectType | 'push';
/** The kinds of payload that may be signed. */
export type PayloadKind = GitKind | 'statement';

/** The words for each kind, in messages. */
export const KIND_WORDS = {
  commit: 'commit',
  tag: 'tag',
  push: 'push certificate',
  statement: 'statement',
} as const satisfies Readonly<Record<PayloadKind, string>>;

/** Returns the kind of a payload by its first bytes, or undefined for any other bytes. Any JSON object begins as a statement does. */
export function payloadKind(bytes: Uint8Array): PayloadKind | undefined {
  if (standsAt(bytes, 0, '{')) return 'statement';
  return typeOf(bytes) ?? (standsAt(bytes, 0, 'certificate ') ? 'push' : undefined);
}

/** Returns true for JSON that a tolerant reader could take for an in-toto statement: with a byte order mark, or bytes that are not UTF-8. */
export function claimsStatement(bytes: Uint8Array): boolean {
  try {
    const json: unknown = JSON.parse(fromUtf8Lossy(bytes).replace(/^\ufeff/, ''));
    return isRecord(json) && String(json['_type']).startsWith('https://in-toto.io/Statement/');
  } catch {
    return false;
  }
}
