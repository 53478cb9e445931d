/**
 * A page of the store: the proofs of some hundred commits that were judged one after the other, in one block of bytes. A
 * mark covers the whole page, so that a second gate checks one mark for all of them. Numbers are little-endian.
 */

import { fromUtf8, toHex, utf8 } from '../core/bytes.ts';
import type { EncodedEvidence } from './proof.ts';
import { numbersLength, readShape } from './proof.ts';

/** Most proofs in a page. */
export const PAGE_PROOFS = 256;
/** Most bytes of a payload that is kept. A commit with a longer message is judged anew. */
export const MAX_PAYLOAD = 16 * 1024;
/** Most bytes of a shape. */
const MAX_SHAPE = 64 * 1024;
/** More bytes than any page has. */
export const MAX_PAGE = PAGE_PROOFS * (MAX_PAYLOAD + MAX_SHAPE + 1024);

/** A commit whose evidence was verified, as the store keeps it. */
export interface ProvedCommit extends EncodedEvidence {
  /** Full hash, lower-case hex. */
  readonly id: string;
  /** The commit without its signature. Policies and reports read it. */
  readonly payload: Uint8Array;
}

/** Returns whether a commit is small enough to be kept. */
export function fitsPage({ payload, shape }: ProvedCommit): boolean {
  return payload.length <= MAX_PAYLOAD && shape.length * 3 <= MAX_SHAPE;
}

/** Writes a page. */
export function writePage(commits: readonly ProvedCommit[]): Uint8Array {
  const shapes = [...new Set(commits.map(({ shape }) => shape))];
  const texts = shapes.map((text) => utf8(text));
  const size =
    4 +
    texts.reduce((sum, { length }) => sum + 4 + length, 0) +
    commits.reduce(
      (sum, { id, payload, numbers }) => sum + id.length / 2 + 6 + payload.length + numbers.length,
      0,
    );
  const page = Buffer.alloc(size);
  let at = page.writeUInt16LE(commits.length, 0);
  at = page.writeUInt16LE(shapes.length, at);
  for (const text of texts) {
    at = page.writeUInt32LE(text.length, at);
    page.set(text, at);
    at += text.length;
  }
  for (const { id, shape, payload, numbers } of commits) {
    at += page.write(id, at, 'hex');
    at = page.writeUInt16LE(shapes.indexOf(shape), at);
    at = page.writeUInt32LE(payload.length, at);
    page.set(payload, at);
    page.set(numbers, at + payload.length);
    at += payload.length + numbers.length;
  }
  return page;
}

/** Returns the commits of a page by full hash. `hashBytes`: the length of a hash. The bytes are views of the page. */
export function readPage(bytes: Uint8Array, hashBytes: number): ReadonlyMap<string, ProvedCommit> {
  const page = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = page.readUInt16LE(0);
  const shapeCount = page.readUInt16LE(2);
  let at = 4;
  const shapes: { readonly text: string; readonly length: number }[] = [];
  for (let index = 0; index < shapeCount; index += 1) {
    const length = page.readUInt32LE(at);
    const text = fromUtf8(page.subarray(at + 4, at + 4 + length)) ?? '';
    shapes.push({ text, length: numbersLength(readShape(text)) });
    at += 4 + length;
  }
  const commits = new Map<string, ProvedCommit>();
  for (let index = 0; index < count; index += 1) {
    const id = toHex(page.subarray(at, at + hashBytes));
    at += hashBytes;
    const { text: shape, length } = shapes[page.readUInt16LE(at)] ?? { text: '', length: 0 };
    const end = at + 6 + page.readUInt32LE(at + 2);
    const payload = page.subarray(at + 6, end);
    commits.set(id, { id, shape, payload, numbers: page.subarray(end, end + length) });
    at = end + length;
  }
  return commits;
}
