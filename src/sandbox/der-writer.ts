/**
 * Writes DER (ITU-T X.690 §10): just the types that certificates, CMS and timestamp tokens are made of.
 * The sandbox writes with this and the core reads with its own reader, so that neither vouches for the other.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

function header(tag: number, length: number): Buffer {
  if (length < 0x80) return Buffer.from([tag, length]);
  if (length < 0x100) return Buffer.from([tag, 0x81, length]);
  if (length < 0x10000) return Buffer.from([tag, 0x82, length >> 8, length & 0xff]);
  return Buffer.from([tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
}

/** One element with any identifier octet; the contents are concatenated. At most 16 MiB. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([header(tag, length), ...contents]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer =>
  element(TAG.sequence, ...items);

/** SET OF in the order that DER wants: by the octets of its elements. */
export const setOf = (...items: readonly Uint8Array[]): Buffer =>
  element(TAG.set, ...items.toSorted(Buffer.compare));

export const octetString = (bytes: Uint8Array): Buffer => element(TAG.octetString, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer =>
  element(TAG.bitString, Buffer.from([unusedBits]), bytes);
export const utf8String = (text: string): Buffer => element(TAG.utf8String, Buffer.from(text));
export const boolean = (value: boolean): Buffer =>
  element(TAG.boolean, Buffer.from([value ? 0xff : 0x00]));
export const nothing = (): Buffer => element(TAG.null);

/** INTEGER of a non-negative number, or of the octets of one (leading zeros are dropped). */
export function integer(value: number | Uint8Array): Buffer {
  let hex = typeof value === 'number' ? value.toString(16) : Buffer.from(value).toString('hex');
  hex = hex.replace(/^(?:00)+(?=..)/, '');
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const negative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return element(TAG.integer, negative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

const oids = new Map<string, Buffer>();

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Buffer {
  const known = oids.get(dotted);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) | 0x80);
    }
    octets.push(...groups);
  }
  const made = element(TAG.oid, Buffer.from(octets));
  oids.set(dotted, made);
  return made;
}

/** `YYYYMMDDHHMMSS` in UTC. */
function compactTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(0, 19).replace(/[-T:]/g, '');
}

/** UTCTime: two digits of the year, so 1950 to 2049. */
export const utcTime = (unixSeconds: number): Buffer =>
  element(TAG.utcTime, Buffer.from(`${compactTime(unixSeconds).slice(2)}Z`));

export const generalizedTime = (unixSeconds: number): Buffer =>
  element(TAG.generalizedTime, Buffer.from(`${compactTime(unixSeconds)}Z`));

/** The Time of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
export const time = (unixSeconds: number): Buffer =>
  unixSeconds < Date.UTC(2050, 0) / 1000 ? utcTime(unixSeconds) : generalizedTime(unixSeconds);

/** [n] EXPLICIT, or [n] IMPLICIT of a constructed type whose contents these are. */
export const contextConstructed = (n: number, ...items: readonly Uint8Array[]): Buffer =>
  element(0xa0 | n, ...items);

/** [n] IMPLICIT of a primitive type. */
export const contextPrimitive = (n: number, bytes: Uint8Array): Buffer => element(0x80 | n, bytes);
