/**
 * Writes DER (ITU-T X.690 §10) for the few structures that this program makes itself: signatures, their attributes and
 * timestamp requests. Callers give content as encoded bytes.
 */

import { concat, utf8 } from '../bytes.ts';
import { isoTime } from '../time.ts';
import { Tag } from './der.ts';

/** One element: tag, minimal length, content. */
export function encode(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concat(...content);
  return concat(Uint8Array.of(tag, ...encodeLength(body.length)), body);
}

function encodeLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** Encodes a SET OF in DER order, which sorts by encoding, octet for octet (X.690 §11.6). */
export function encodeSetOf(tag: number, elements: readonly Uint8Array[]): Uint8Array {
  return encode(tag, ...elements.toSorted(Buffer.compare));
}

/** OBJECT IDENTIFIER from its dotted text. */
export function encodeOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [40 * first + second, ...rest].flatMap(base128);
  return encode(Tag.oid, new Uint8Array(octets));
}

function base128(arc: number): readonly number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift((rest % 128) | 0x80);
  }
  return octets;
}

/** Encodes an INTEGER from a big-endian magnitude. It cuts leading zeros, and keeps one if the sign bit would be set. */
export function encodeUnsigned(magnitude: Uint8Array): Uint8Array {
  let at = 0;
  while (at < magnitude.length - 1 && magnitude[at] === 0) at += 1;
  const digits = magnitude.subarray(at);
  return encode(
    Tag.integer,
    (digits[0] ?? 0) >= 0x80 || digits.length === 0 ? concat(Uint8Array.of(0), digits) : digits,
  );
}

/** UTCTime (years 1950 to 2049) to the second. */
export function encodeUtcTime(unixSeconds: number): Uint8Array {
  const text = isoTime(unixSeconds).replaceAll(/[-:T]/g, '').slice(2);
  return encode(Tag.utcTime, utf8(text));
}

/** ECDSA-Sig-Value (RFC 3279 §2.2.3) from r and s side by side, as WebCrypto gives them. */
export function encodeEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return encode(
    Tag.sequence,
    encodeUnsigned(raw.subarray(0, half)),
    encodeUnsigned(raw.subarray(half)),
  );
}
