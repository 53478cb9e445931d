/** Reads, inflates and hashes the data of a zip's entry, and refuses bytes behind it. */

import { createReadStream, readSync } from 'node:fs';
import { createInflateRaw, inflateRawSync, type Zlib } from 'node:zlib';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { ArchiveFault, blobHash } from './entry.ts';

/** The fields about the data that both halves of an entry hold. */
export interface Packed {
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

/** The open file, and the object format of the repository. */
export interface From {
  readonly file: number;
  readonly format: ObjectFormat;
}

/** Larger entries are streamed. Smaller ones are read and inflated at once, which is many times faster. */
export const AT_ONCE = 8 * 1024 * 1024;

/** Reads synchronously. A release has tens of thousands of entries, and each wait would cost more than the read. */
export function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, position));
}

/** The header before an entry's data (APPNOTE 4.3.7), with the data that was read along with it. */
export interface LocalHalf {
  readonly dataStart: number;
  readonly ahead: Buffer;
}

const wrongSize = (): ArchiveFault =>
  new ArchiveFault('malformed', 'an entry has another size than its header says');

/** Refuses bytes behind the packed data. A program that reads from the front would take them for the next entry. */
function allInflated(used: number, { compressedSize }: Packed): void {
  if (used !== compressedSize)
    throw new ArchiveFault('hidden-bytes', 'it hides bytes behind the data of an entry');
}

async function* streamed(
  { file }: From,
  entry: Packed,
  { dataStart }: LocalHalf,
): AsyncGenerator<Uint8Array> {
  const end = dataStart + entry.compressedSize - 1;
  if (end < dataStart) throw new ArchiveFault('malformed', 'it ends in the middle of an entry');
  const packed = createReadStream('', { fd: file, autoClose: false, start: dataStart, end });
  if (entry.compressionMethod === 0) {
    yield* packed;
    return;
  }
  const inflate = createInflateRaw();
  packed.once('error', (error) => inflate.destroy(error));
  yield* packed.pipe(inflate);
  allInflated(inflate.bytesWritten, entry);
}

/** Returns the content of an entry that is read at once. */
function contentOf(from: From, entry: Packed, half: LocalHalf): Uint8Array {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  const whole = half.ahead.length >= compressedSize;
  const packed = whole ? half.ahead : readAt(from.file, half.dataStart, compressedSize);
  const data = packed.subarray(0, compressedSize);
  if (data.length !== compressedSize)
    throw new ArchiveFault('malformed', 'it ends in the middle of an entry');
  if (compressionMethod === 0) return data;
  const options = { maxOutputLength: Math.max(1, uncompressedSize), info: true };
  // with `info`, which the types do not know, the result holds the content and its engine
  const made = inflateRawSync(data, options) as unknown as { buffer: Buffer; engine: Zlib };
  allInflated(made.engine.bytesWritten ?? 0, entry);
  return made.buffer;
}

/** Returns the blob id that git would give the content. @throws ArchiveFault */
export async function contentId(from: From, entry: Packed, half: LocalHalf): Promise<string> {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  if (compressionMethod !== 0 && compressionMethod !== 8) {
    throw new ArchiveFault(
      'entry-type',
      `an entry uses a compression that this program does not know (${compressionMethod})`,
    );
  }
  const hash = blobHash(from.format, uncompressedSize);
  const large = Math.max(compressedSize, uncompressedSize) > AT_ONCE;
  let left = uncompressedSize;
  const parts = large ? streamed(from, entry, half) : [contentOf(from, entry, half)];
  for await (const part of parts) {
    left -= part.length;
    if (left < 0) throw wrongSize();
    hash.update(part);
  }
  if (left !== 0) throw wrongSize();
  return hash.digest('hex');
}
