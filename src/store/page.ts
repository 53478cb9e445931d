/**
 * A page of the store: the proofs of some hundred commits that were judged one after the other, in one block of bytes. A
 * mark covers the whole page, so that a second gate checks one mark for all of them. Numbers are little-endian.
 */

import { fromUtf8, utf8 } from '../core/bytes.ts';
import type { EncodedEvidence } from './proof.ts';
import { latestTime, numbersLength, readShape } from './proof.ts';

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

/** Proofs in a page whose mark holds. */
export interface ProofPage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly shapes: readonly string[];
  /** By full hash. */
  readonly proofs: ReadonlyMap<string, KeptProof>;
}

/** The place of a proof in its page. All numbers but the shape's index are offsets of bytes. */
export interface KeptProof {
  readonly page: ProofPage;
  readonly shape: number;
  /** The payload: its first byte, and the byte after its last. */
  readonly start: number;
  readonly end: number;
  /** The numbers of the proof. */
  readonly at: number;
  /** The latest proven time, in Unix seconds. */
  readonly latest: number;
}

/** Reads a page. `hashBytes`: the length of a hash. */
export function readPage(bytes: Uint8Array<ArrayBuffer>, hashBytes: number): ProofPage {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = buffer.readUInt16LE(0);
  const shapeCount = buffer.readUInt16LE(2);
  let at = 4;
  const shapes: string[] = [];
  const lengths: number[] = [];
  for (let index = 0; index < shapeCount; index += 1) {
    const length = buffer.readUInt32LE(at);
    const text = fromUtf8(buffer.subarray(at + 4, at + 4 + length)) ?? '';
    shapes.push(text);
    lengths.push(numbersLength(readShape(text)));
    at += 4 + length;
  }
  const proofs = new Map<string, KeptProof>();
  const page = { bytes, shapes, proofs };
  for (let index = 0; index < count; index += 1) {
    const id = buffer.toString('hex', at, at + hashBytes);
    at += hashBytes;
    const shape = buffer.readUInt16LE(at);
    const start = at + 6;
    const end = start + buffer.readUInt32LE(at + 2);
    at = end + (lengths[shape] ?? 0);
    const latest = latestTime(buffer, end, at);
    proofs.set(id, { page, shape, start, end, at: end, latest });
  }
  return page;
}
