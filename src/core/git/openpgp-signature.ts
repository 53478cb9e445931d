/**
 * Reads which key an OpenPGP signature says that it is by (RFC 9580 §5.2, and version 3 of RFC 4880 §5.2.2). Nothing here
 * verifies, so it is a claim. The openpgp library verifies (gate/keys/openpgp.ts) by keys that a policy pins.
 */

import { fromBase64, latin1, toHex } from '../bytes.ts';

/** A claimed key: its fingerprint or, in older signatures, only its id. Upper-case hex. */
export type ClaimedKey =
  | { readonly fingerprint: string }
  /** 64 bits. Another key can be made that has the same id, so it tells one key from no other. */
  | { readonly keyId: string };

const SIGNATURE_PACKET = 2;
/** Subpackets that name a key (RFC 9580 §5.2.3.12, §5.2.3.35). */
const ISSUER_KEY_ID = 16;
const ISSUER_FINGERPRINT = 33;
/** Bytes of a fingerprint, by the version of its key. */
const FINGERPRINT_BYTES: Readonly<Record<number, number>> = { 4: 20, 5: 32, 6: 32 };
/** Bytes before the hashed subpackets: version, type, and two algorithms. */
const FIXED_FIELDS = 4;

const upperHex = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();

/** Reads the armor's bytes (RFC 9580 §6.2). Its headers are skipped, and its checksum adds nothing to a claim. */
function armoredBytes(armor: Uint8Array): Uint8Array | undefined {
  const lines = latin1(armor)
    .split('\n')
    .map((line) => line.trimEnd());
  const first = lines.findIndex((line) => /^-----BEGIN PGP (?:SIGNATURE|MESSAGE)-----$/.test(line));
  const blank = lines.indexOf('', first);
  const last = lines.findIndex((line) => line.startsWith('-----END PGP '));
  if (first === -1 || blank === -1 || last < blank) return undefined;
  const data = lines.slice(blank + 1, last).filter((line) => !line.startsWith('='));
  return fromBase64(data.join(''));
}

/** Reads big-endian numbers and spans, and never past the end. */
class Octets {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Uint8Array | undefined {
    if (count > this.left) return undefined;
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(count: number): number | undefined {
    return this.take(count)?.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Reads a length of one, two or five octets (RFC 9580 §4.2.1, §5.2.3.7). First octets from `end` to 254 begin no length. */
  length(end: number): number | undefined {
    const first = this.number(1);
    if (first === undefined || first < 192) return first;
    if (first === 255) return this.number(4);
    const next = first < end ? this.number(1) : undefined;
    return next === undefined ? undefined : (first - 192) * 256 + next + 192;
  }
}

/** Returns the body of the signature packet, if the bytes are exactly one. */
function signatureBody(bytes: Uint8Array): Uint8Array | undefined {
  const octets = new Octets(bytes);
  const header = octets.number(1) ?? 0;
  const old = (header & 0xc0) === 0x80;
  const tag = old ? (header >> 2) & 0x0f : header & 0x3f;
  if ((header & 0x80) === 0 || tag !== SIGNATURE_PACKET) return undefined;
  // an old header with length type 3 has no length: the packet takes all that is left (RFC 4880 §4.2.1)
  const size = old
    ? (header & 3) === 3
      ? octets.left
      : octets.number(2 ** (header & 3))
    : octets.length(224);
  const body = size === undefined ? undefined : octets.take(size);
  return octets.left === 0 ? body : undefined;
}

/** Returns the key that an area of subpackets names. A fingerprint counts before an id. */
function namedIn(area: Uint8Array): ClaimedKey | undefined {
  const octets = new Octets(area);
  let id: ClaimedKey | undefined;
  while (octets.left > 0) {
    const size = octets.length(255);
    const subpacket = size === undefined ? undefined : octets.take(size);
    const [type = 0, version = 0] = subpacket ?? [];
    if (subpacket === undefined) return id;
    if ((type & 0x7f) === ISSUER_FINGERPRINT && subpacket.length - 2 === FINGERPRINT_BYTES[version])
      return { fingerprint: upperHex(subpacket.subarray(2)) };
    if ((type & 0x7f) === ISSUER_KEY_ID && subpacket.length === 9)
      id ??= { keyId: upperHex(subpacket.subarray(1)) };
  }
  return id;
}

/** Returns the key that a version 3 signature names: its id stands behind the hashed octets. */
function namedInVersion3(body: Uint8Array): ClaimedKey | undefined {
  return body.length < 15 ? undefined : { keyId: upperHex(body.subarray(7, 15)) };
}

/**
 * Returns the key that an armored OpenPGP signature claims. What the signature itself covers counts before what it does
 * not. Undefined if there is not exactly one signature, or it names no key.
 */
export function claimedOpenPgpKey(armor: Uint8Array): ClaimedKey | undefined {
  const bytes = armoredBytes(armor);
  const body = bytes && signatureBody(bytes);
  const version = body?.[0];
  if (body === undefined || version === undefined) return undefined;
  if (version === 3) return namedInVersion3(body);
  if (version < 4 || version > 6) return undefined;
  const octets = new Octets(body.subarray(FIXED_FIELDS));
  const counted = version === 6 ? 4 : 2;
  const named = (): ClaimedKey | undefined => {
    const size = octets.number(counted);
    const area = size === undefined ? undefined : octets.take(size);
    return area && namedIn(area);
  };
  const covered = named();
  const other = named();
  return covered ?? other;
}
