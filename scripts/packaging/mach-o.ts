/**
 * Reads the code signature of a macOS executable (Mach-O, 64 bit). macOS kills a program whose pages do not have the hashes
 * that its signature names. Neither a Mac nor Apple's tool is needed here. The release tries this reader on Bun's own
 * executables too, which Apple's tool signed.
 * Layout: Apple's `mach-o/loader.h` and `kern/cs_blobs.h`. Load commands are little-endian, the signature is big-endian.
 */

import { createHash } from 'node:crypto';

const MACH_O_64 = 0xfeedfacf;
const SEGMENT_64 = 0x19;
const CODE_SIGNATURE = 0x1d;
export const SUPER_BLOB = 0xfade0cc0;
export const CODE_DIRECTORY = 0xfade0c02;
const AD_HOC = 0x2;
export const SHA256 = 2;
/** Slot of the code directory in the super blob. */
const SLOT_CODE_DIRECTORY = 0;
/** From this version a directory names the executable segment. */
export const WITH_EXECUTABLE_SEGMENT = 0x20400;
export const MAIN_BINARY = 1n;

export interface CodeSignature {
  readonly identifier: string;
  /** True: no certificate vouches for the signature. */
  readonly adHoc: boolean;
  /** Number of pages whose hashes were compared. */
  readonly pages: number;
  readonly pageSize: number;
  /** What a Mac would refuse, in words. Empty: nothing. */
  readonly faults: readonly string[];
}

interface Segment {
  readonly name: string;
  /** Where its load command begins. */
  readonly command: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

export interface Layout {
  readonly segments: readonly Segment[];
  readonly signature?: { readonly command: number; readonly offset: number; readonly size: number };
}

/** Reads the load commands. Throws where the file is of another format. */
export function readLayout(file: Buffer): Layout {
  if (file.readUInt32LE(0) !== MACH_O_64) throw new Error('not a 64-bit Mach-O file');
  const segments: Segment[] = [];
  let signature: Layout['signature'];
  let at = 32;
  for (let count = file.readUInt32LE(16); count > 0; count -= 1) {
    const command = file.readUInt32LE(at);
    if (command === SEGMENT_64) {
      segments.push({
        command: at,
        name: file.toString('latin1', at + 8, at + 24).replace(/\0+$/, ''),
        fileOffset: Number(file.readBigUInt64LE(at + 40)),
        fileSize: Number(file.readBigUInt64LE(at + 48)),
      });
    } else if (command === CODE_SIGNATURE) {
      signature = {
        command: at,
        offset: file.readUInt32LE(at + 8),
        size: file.readUInt32LE(at + 12),
      };
    }
    at += file.readUInt32LE(at + 4);
  }
  return signature === undefined ? { segments } : { segments, signature };
}

/** The code directory in a super blob. Throws where there is none, or where a length points outside. */
function codeDirectory(blob: Buffer): Buffer {
  if (blob.readUInt32BE(0) !== SUPER_BLOB) throw new Error('the signature is no super blob');
  const length = blob.readUInt32BE(4);
  if (length > blob.length) throw new Error('the signature is cut off');
  for (let index = 0; index < blob.readUInt32BE(8); index += 1) {
    const entry = 12 + index * 8;
    if (blob.readUInt32BE(entry) !== SLOT_CODE_DIRECTORY) continue;
    const offset = blob.readUInt32BE(entry + 4);
    const directory = blob.subarray(offset, offset + blob.readUInt32BE(offset + 4));
    if (directory.readUInt32BE(0) !== CODE_DIRECTORY) throw new Error('no code directory');
    return directory;
  }
  throw new Error('no code directory');
}

function* segmentFaults(file: Buffer, { segments, signature }: Layout, directory: Buffer) {
  const text = segments.find(({ name }) => name === '__TEXT');
  const linkEdit = segments.find(({ name }) => name === '__LINKEDIT');
  const end = (signature?.offset ?? 0) + (signature?.size ?? 0);
  if (end !== file.length) {
    yield `the signature ends at ${end}, the file at ${file.length}`;
  }
  if (linkEdit === undefined || linkEdit.fileOffset + linkEdit.fileSize !== end) {
    yield '__LINKEDIT does not end where the signature ends';
  }
  if (directory.readUInt32BE(8) < WITH_EXECUTABLE_SEGMENT) return;
  const [base, limit] = [directory.readBigUInt64BE(64), directory.readBigUInt64BE(72)];
  if (Number(base) !== text?.fileOffset || Number(limit) !== text?.fileSize) {
    yield 'the executable segment is not __TEXT';
  }
  if ((directory.readBigUInt64BE(80) & MAIN_BINARY) === 0n) yield 'no main binary';
}

function* hashFaults(file: Buffer, signatureOffset: number, directory: Buffer) {
  const limit = directory.readUInt32BE(32);
  if (limit !== signatureOffset) {
    yield `the hashes end at ${limit}, the code at ${signatureOffset}`;
  }
  const [size, type] = [directory.readUInt8(36), directory.readUInt8(37)];
  if (type !== SHA256 || size !== 32) yield `hashes of type ${type}`;
  const pageSize = 2 ** directory.readUInt8(39);
  const pages = directory.readUInt32BE(28);
  if (pages !== Math.ceil(limit / pageSize)) yield `${pages} hashes for ${limit} bytes`;
  const wrong: number[] = [];
  for (let page = 0; page < pages; page += 1) {
    const bytes = file.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const at = directory.readUInt32BE(16) + page * size;
    const expected = directory.subarray(at, at + size);
    if (!createHash('sha256').update(bytes).digest().equals(expected)) wrong.push(page);
  }
  if (wrong.length > 0) yield `${wrong.length} of ${pages} pages differ, the first is ${wrong[0]}`;
}

/**
 * Reads and checks the signature of a Mach-O executable: every page has its hash, nothing lies outside the hashed
 * part but the signature, and the signature is the end of the file. Throws where the file has no readable signature.
 */
export function readCodeSignature(file: Buffer): CodeSignature {
  const layout = readLayout(file);
  const { signature } = layout;
  if (signature === undefined) throw new Error('no code signature');
  const blob = file.subarray(signature.offset, signature.offset + signature.size);
  const directory = codeDirectory(blob);
  const name = directory.readUInt32BE(20);
  return {
    identifier: directory.toString('utf8', name, directory.indexOf(0, name)),
    adHoc: (directory.readUInt32BE(12) & AD_HOC) !== 0,
    pages: directory.readUInt32BE(28),
    pageSize: 2 ** directory.readUInt8(39),
    faults: [
      ...hashFaults(file, signature.offset, directory),
      ...segmentFaults(file, layout, directory),
    ],
  };
}
