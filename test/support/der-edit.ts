/** DER as a tree that can be changed and written again, faults and all. Reads kindly, for it only ever sees our samples. */

import { concat } from '../../src/core/bytes.ts';
import { Tag } from '../../src/core/cms/der.ts';
import { encode, encodeOid, encodeUnsigned } from './forge/der.ts';

export interface Der {
  tag: number;
  /** Children of a constructed element, octets of a primitive one. */
  content: Der[] | Uint8Array;
  /** Written instead of everything else: for encodings that are no DER. */
  literal?: Uint8Array;
}

export function parse(bytes: Uint8Array): Der {
  const [node] = parseAll(bytes);
  if (node === undefined) throw new Error('no element');
  return node;
}

function parseAll(bytes: Uint8Array): Der[] {
  const nodes: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    const first = bytes[at + 1]!;
    const count = first < 0x80 ? 0 : first & 0x7f;
    let length = first;
    if (count > 0)
      length = bytes.subarray(at + 2, at + 2 + count).reduce((sum, octet) => sum * 256 + octet, 0);
    const start = at + 2 + count;
    const content = bytes.subarray(start, start + length);
    nodes.push({ tag, content: (tag & 0x20) === 0 ? content : parseAll(content) });
    at = start + length;
  }
  return nodes;
}

export function write(node: Der): Uint8Array {
  return node.literal ?? encode(node.tag, body(node));
}

/** Content octets, as they would be written. */
export function body({ content }: Der): Uint8Array {
  return content instanceof Uint8Array ? content : concat(...content.map(write));
}

export const clone = (node: Der): Der => parse(write(node));

/** Children of a constructed element, to change in place. */
export function kids(node: Der): Der[] {
  if (node.content instanceof Uint8Array) throw new Error(`element ${node.tag} is primitive`);
  return node.content;
}

export function kid(node: Der, ...path: readonly number[]): Der {
  return path.reduce((at, index) => kids(at).at(index)!, node);
}

export const seq = (...content: Der[]): Der => ({ tag: Tag.sequence, content });
export const set = (...content: Der[]): Der => ({ tag: Tag.set, content });
export const context = (n: number, ...content: Der[]): Der => ({ tag: 0xa0 | n, content });
export const octets = (content: Uint8Array): Der => ({ tag: Tag.octetString, content });
export const integer = (value: number): Der => parse(encodeUnsigned(Uint8Array.of(value)));
export const oid = (dotted: string): Der => parse(encodeOid(dotted));
export const nothing = (): Der => ({ tag: Tag.null, content: new Uint8Array() });
export const literal = (bytes: Uint8Array): Der => ({
  tag: 0,
  content: new Uint8Array(),
  literal: bytes,
});

/** DER order of a SET OF (X.690 §11.6), in place. */
export function sort(node: Der): void {
  kids(node).sort((a, b) => Buffer.compare(write(a), write(b)));
}

/** The element with one length octet more than needed. */
export function withLongLength(node: Der): Uint8Array {
  const content = body(node);
  const minimal = encode(node.tag, content);
  const lengthOctets = minimal.length - content.length - 1;
  const digits = lengthOctets === 1 ? [minimal[1]!] : [0, ...minimal.subarray(2, 1 + lengthOctets)];
  return concat(Uint8Array.of(node.tag, 0x80 | digits.length, ...digits), content);
}

/** The element in BER's indefinite form. */
export function withIndefiniteLength(node: Der): Uint8Array {
  return concat(Uint8Array.of(node.tag, 0x80), body(node), Uint8Array.of(0, 0));
}

/** Every element, parents first, with the way to it. */
export function everyNode(
  node: Der,
  path: readonly number[] = [],
): readonly { node: Der; path: readonly number[] }[] {
  const below = node.content instanceof Uint8Array ? [] : node.content;
  return [{ node, path }, ...below.flatMap((child, index) => everyNode(child, [...path, index]))];
}
