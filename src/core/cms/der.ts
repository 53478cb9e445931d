/**
 * Reads DER strictly (ITU-T X.690 §10): definite, minimal lengths, low tag numbers, nothing trailing.
 * Nodes are views into the bytes that they were read from, and nothing is decoded and written again.
 * A caller names the tags that it expects, so its grammar bounds the depth.
 */

import { latin1 } from '../bytes.ts';
import { DerError, type DerNode, readAt } from './der-element.ts';

export { DerError, type DerNode } from './der-element.ts';

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** [n] EXPLICIT, or IMPLICIT of a constructed type. */
export const contextConstructed = (n: number): number => 0xa0 | n;

/** Reads exactly one element. @throws DerError if it is not DER, or if bytes follow it */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readAt(bytes, 0, bytes.length);
  if (node.end !== bytes.length) throw new DerError('bytes after the element');
  return node;
}

/** Reads one element and demands its tag. @throws DerError */
export function expectDer(bytes: Uint8Array, tag: number): DerNode {
  return expect(readDer(bytes), tag);
}

/** Returns the node if it has that tag. @throws DerError */
export function expect(node: DerNode | undefined, tag: number): DerNode {
  if (node === undefined) throw new DerError('element missing');
  if (node.tag !== tag) throw new DerError(`tag ${node.tag} where ${tag} is due`);
  return node;
}

/** Returns the elements inside a constructed node, in order, at most `limit`. @throws DerError */
export function children(node: DerNode, limit = 64): readonly DerNode[] {
  if ((node.tag & 0x20) === 0) throw new DerError('primitive where constructed is due');
  return node.elements(limit);
}

/** Walks the children of a node in order: `next(tag)` demands, `optional(tag)` takes if present, `end()` closes. */
export class DerCursor {
  readonly #nodes: readonly DerNode[];
  #at = 0;

  constructor(nodes: readonly DerNode[]) {
    this.#nodes = nodes;
  }

  next(tag: number): DerNode {
    return expect(this.#nodes[this.#at++], tag);
  }

  any(): DerNode {
    const found = this.#nodes[this.#at++];
    if (found === undefined) throw new DerError('element missing');
    return found;
  }

  optional(tag: number): DerNode | undefined {
    return this.#nodes[this.#at]?.tag === tag ? this.#nodes[this.#at++] : undefined;
  }

  end(): void {
    if (this.#at < this.#nodes.length) throw new DerError('unexpected element');
  }
}

/** Returns a cursor over the children of a node. @throws DerError if the node is not constructed or its children are not DER */
export function cursor(node: DerNode, limit?: number): DerCursor {
  return new DerCursor(children(node, limit));
}

const oidCache = new Map<string, string>();

/** Returns the dotted text of an OBJECT IDENTIFIER, with arcs up to 2^53. @throws DerError */
export function readOid(node: DerNode): string {
  const key = expect(node, Tag.oid).text;
  const known = oidCache.get(key);
  if (known !== undefined) return known;
  const dotted = decodeOid(node.content);
  if (oidCache.size < 256) oidCache.set(key, dotted);
  return dotted;
}

function decodeOid(content: Uint8Array): string {
  if (content.length === 0 || content.length > 64)
    throw new DerError('object identifier of odd length');
  const arcs: number[] = [];
  let arc = 0;
  let fresh = true;
  for (const octet of content) {
    if (fresh && octet === 0x80) throw new DerError('object identifier not minimal');
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('object identifier arc too large');
    fresh = (octet & 0x80) === 0;
    if (fresh) {
      arcs.push(arc);
      arc = 0;
    }
  }
  if (!fresh) throw new DerError('truncated object identifier');
  const [first = 0, ...rest] = arcs;
  const root = first < 80 ? Math.floor(first / 40) : 2;
  return [root, first - 40 * root, ...rest].join('.');
}

/** Returns the content of a minimal INTEGER (two's complement). @throws DerError */
export function readIntegerBytes(node: DerNode): Uint8Array {
  const { content } = expect(node, Tag.integer);
  const [first, second] = content;
  if (first === undefined) throw new DerError('empty integer');
  if (
    second !== undefined &&
    ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  ) {
    throw new DerError('integer not minimal');
  }
  return content;
}

/** A small non-negative INTEGER. @throws DerError when negative or over 2^31. */
export function readSmallInteger(node: DerNode): number {
  const content = readIntegerBytes(node);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) throw new DerError('integer out of range');
  return content.reduce((value, octet) => value * 256 + octet, 0);
}

/** DER BOOLEAN: 0x00 or 0xff. @throws DerError */
export function readBoolean(node: DerNode): boolean {
  const { content } = expect(node, Tag.boolean);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) {
    throw new DerError('boolean out of range');
  }
  return content[0] === 0xff;
}

/** Octets of a BIT STRING without unused bits. @throws DerError */
export function readBitString(node: DerNode): Uint8Array {
  const { content } = expect(node, Tag.bitString);
  if (content[0] !== 0) throw new DerError('bit string with unused bits');
  return content.subarray(1);
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d*[1-9])?Z$/;

/** UTCTime or GeneralizedTime in the DER profile, as Unix seconds (fractions cut). @throws DerError */
export function readTime(node: DerNode): number {
  const text = latin1(node.content);
  const match =
    node.tag === Tag.utcTime
      ? UTC_TIME.exec(text)
      : node.tag === Tag.generalizedTime
        ? GENERALIZED_TIME.exec(text)
        : undefined;
  if (!match) throw new DerError('malformed time');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  // RFC 5280 §4.1.2.5.1: two digits below 50 are in the twenty-first century
  const full = node.tag === Tag.utcTime ? year + (year < 50 ? 2000 : 1900) : year;
  const time = Date.UTC(full, month - 1, day, hour, minute, second);
  const date = new Date(time);
  const real =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!real || full < 1950) throw new DerError('no such time');
  return time / 1000;
}
