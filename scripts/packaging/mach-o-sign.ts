/**
 * Signs a macOS executable ad hoc: with hashes of its pages and no certificate. Bun signs what it compiles for Apple's own
 * processors. In a file for Intel's it leaves the signature of its own executable, which covers other bytes, and macOS kills
 * a program whose signature is wrong. Both files get our signature, so both carry our name.
 * Layout: Apple's `kern/cs_blobs.h`. mach-o.ts reads it back.
 */

import { createHash } from 'node:crypto';
import {
  CODE_DIRECTORY,
  type Layout,
  MAIN_BINARY,
  readLayout,
  SHA256,
  SUPER_BLOB,
  WITH_EXECUTABLE_SEGMENT,
} from './mach-o.ts';

const PAGE_BITS = 12;
const PAGE = 2 ** PAGE_BITS;
const HASH_SIZE = 32;
/** A directory of version 0x20400, up to and with the flags of the executable segment. */
const DIRECTORY_SIZE = 88;
/** One entry in the index of the super blob. */
const SUPER_BLOB_SIZE = 20;
/** Ad hoc, and made by a linker: tools may replace it without being told to. */
const FLAGS = 0x20002;
/** Memory pages of Apple's own processors: a segment takes whole ones. */
const SEGMENT_ALIGNMENT = 0x4000;

const roundUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** The directory without its hashes. */
function directoryHead(layout: Layout, limit: number, identifier: string, pages: number): Buffer {
  const hashes = DIRECTORY_SIZE + Buffer.byteLength(identifier) + 1;
  const text = layout.segments.find(({ name }) => name === '__TEXT');
  if (text === undefined) throw new Error('no __TEXT segment');
  const head = Buffer.alloc(hashes);
  head.writeUInt32BE(CODE_DIRECTORY, 0);
  head.writeUInt32BE(hashes + pages * HASH_SIZE, 4);
  head.writeUInt32BE(WITH_EXECUTABLE_SEGMENT, 8);
  head.writeUInt32BE(FLAGS, 12);
  head.writeUInt32BE(hashes, 16);
  head.writeUInt32BE(DIRECTORY_SIZE, 20);
  head.writeUInt32BE(pages, 28);
  head.writeUInt32BE(limit, 32);
  head.writeUInt8(HASH_SIZE, 36);
  head.writeUInt8(SHA256, 37);
  head.writeUInt8(PAGE_BITS, 39);
  head.writeBigUInt64BE(BigInt(text.fileOffset), 64);
  head.writeBigUInt64BE(BigInt(text.fileSize), 72);
  head.writeBigUInt64BE(MAIN_BINARY, 80);
  head.write(identifier, DIRECTORY_SIZE, 'utf8');
  return head;
}

/** The executable up to its signature, with load commands that have room for one of `size` bytes. */
function codeFor(file: Buffer, { segments, signature }: Layout, size: number): Buffer {
  const linkEdit = segments.find(({ name }) => name === '__LINKEDIT');
  if (signature === undefined || linkEdit === undefined) throw new Error('no room for a signature');
  const code = Buffer.from(file.subarray(0, signature.offset));
  const length = signature.offset + size - linkEdit.fileOffset;
  code.writeUInt32LE(size, signature.command + 12);
  code.writeBigUInt64LE(BigInt(roundUp(length, SEGMENT_ALIGNMENT)), linkEdit.command + 32);
  code.writeBigUInt64LE(BigInt(length), linkEdit.command + 48);
  return code;
}

/**
 * Returns the executable with a new signature in place of the one that it has. Throws where it is no 64-bit Mach-O file, or
 * has no signature to replace.
 */
export function signAdHoc(file: Buffer, identifier: string): Buffer {
  const layout = readLayout(file);
  const limit = layout.signature?.offset ?? 0;
  const pages = Math.ceil(limit / PAGE);
  const head = directoryHead(layout, limit, identifier, pages);
  const length = SUPER_BLOB_SIZE + head.length + pages * HASH_SIZE;
  const code = codeFor(file, layout, roundUp(length, 16));
  const superBlob = Buffer.alloc(SUPER_BLOB_SIZE);
  superBlob.writeUInt32BE(SUPER_BLOB, 0);
  superBlob.writeUInt32BE(length, 4);
  superBlob.writeUInt32BE(1, 8);
  superBlob.writeUInt32BE(SUPER_BLOB_SIZE, 16);
  const hashes = Array.from({ length: pages }, (_, page) =>
    createHash('sha256')
      .update(code.subarray(page * PAGE, (page + 1) * PAGE))
      .digest(),
  );
  const padding = Buffer.alloc(roundUp(length, 16) - length);
  return Buffer.concat([code, superBlob, head, ...hashes, padding]);
}
