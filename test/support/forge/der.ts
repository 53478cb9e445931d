/**
 * The forge's own DER (ITU-T X.690 §10). The program that is tested reads what this writes, and shares no line with
 * it: a mistake in the program's writer cannot hide one in its reader.
 */

import { Tag } from '../../../src/core/cms/der.ts';

function header(tag: number, length: number): readonly number[] {
  if (length < 0x80) return [tag, length];
  if (length < 0x100) return [tag, 0x81, length];
  if (length < 0x10000) return [tag, 0x82, length >> 8, length & 0xff];
  return [tag, 0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}

/** A context tag of a primitive value. */
export const contextPrimitive = (n: number): number => 0x80 | n;

/** One element with any identifier octet. Its content is at most 16 MiB. */
export function encode(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return new Uint8Array(Buffer.concat([Buffer.from(header(tag, length)), ...content]));
}

/** A SET OF in DER's order: by the octets of its elements (X.690 §11.6). */
export const encodeSetOf = (tag: number, elements: readonly Uint8Array[]): Uint8Array =>
  encode(tag, ...elements.toSorted(Buffer.compare));

const oids = new Map<string, Uint8Array>();

/** OBJECT IDENTIFIER from its dotted form. */
export function encodeOid(dotted: string): Uint8Array {
  const known = oids.get(dotted);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    // seven bits an octet, the first bit set on all but the last
    const bits = arc.toString(2);
    const whole = bits.padStart(Math.ceil(bits.length / 7) * 7, '0');
    const groups = whole.match(/.{7}/g) ?? [];
    return groups.map((bits, at) => Number.parseInt(bits, 2) | (at + 1 < groups.length ? 0x80 : 0));
  });
  const made = encode(Tag.oid, Uint8Array.from(octets));
  oids.set(dotted, made);
  return made;
}

/** INTEGER of the octets of a number that is not negative. Zeros before it are dropped. */
export function encodeUnsigned(magnitude: Uint8Array): Uint8Array {
  const hex = Buffer.from(magnitude)
    .toString('hex')
    .replace(/^(?:00)+(?=..)/, '');
  const signed = /^[89a-f]/.test(hex) || hex === '' ? `00${hex}` : hex;
  return encode(Tag.integer, Buffer.from(signed, 'hex'));
}
