/** The data of a zip's entry: read, inflated and hashed, and nothing behind its end. */

import { createReadStream, readSync } from 'node:fs';
import { createInflateRaw, inflateRawSync, type Zlib } from 'node:zlib';
import type { ObjectFormat } from '../core/git/object.ts';
import { ArchiveFault, blobHash } from './entry.ts';

/** What both halves of an entry say of its data. */
export interface Packed {
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

/** Where data is read, and for which kind of repository it is hashed. */
export interface From {
  readonly file: number;
  readonly format: ObjectFormat;
}

/** Larger ones are streamed; the others are read and inflated at one go, which is many times faster. */
export const AT_ONCE = 8 * 1024 * 1024;

/** Without waiting: a release has tens of thousands of entries, and each wait costs more than the read. */
export function readAt(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  return buffer.subarray(0, readSync(file, buffer, 0, length, position));
}

/** The half that stands before an entry's data (APPNOTE 4.3.7), and as much of the data as was read with it. */
export interface LocalHalf {
  readonly dataStart: number;
  readonly ahead: Buffer;
}

const wrongSize = (): ArchiveFault => new ArchiveFault('an entry of another size than it says');

/** Who reads from the front takes for the next entry what stands behind the end of the packed data: nothing may. */
function allInflated(used: number, { compressedSize }: Packed): void {
  if (used !== compressedSize) throw new ArchiveFault('hides something behind an entry’s data');
}

async function* streamed(
  { file }: From,
  entry: Packed,
  { dataStart }: LocalHalf,
): AsyncGenerator<Uint8Array> {
  const end = dataStart + entry.compressedSize - 1;
  if (end < dataStart) throw new ArchiveFault('ends in the middle');
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

/** The content of an entry that is read at one go. */
function contentOf(from: From, entry: Packed, half: LocalHalf): Uint8Array {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  const whole = half.ahead.length >= compressedSize;
  const packed = whole ? half.ahead : readAt(from.file, half.dataStart, compressedSize);
  const data = packed.subarray(0, compressedSize);
  if (data.length !== compressedSize) throw new ArchiveFault('ends in the middle');
  if (compressionMethod === 0) return data;
  const options = { maxOutputLength: Math.max(1, uncompressedSize), info: true };
  // with `info`, what the types do not know: the content, and who made it
  const made = inflateRawSync(data, options) as unknown as { buffer: Buffer; engine: Zlib };
  allInflated(made.engine.bytesWritten ?? 0, entry);
  return made.buffer;
}

/** The blob id that git would give the content. @throws ArchiveFault */
export async function contentId(from: From, entry: Packed, half: LocalHalf): Promise<string> {
  const { compressedSize, uncompressedSize, compressionMethod } = entry;
  if (compressionMethod !== 0 && compressionMethod !== 8) {
    throw new ArchiveFault(`compressed in a way that is not known here (${compressionMethod})`);
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
