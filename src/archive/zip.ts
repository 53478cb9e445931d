/**
 * Reads zip as `git archive` and Info-ZIP write it. A zip says everything twice, and programs differ in which half they
 * use. So both halves must agree, entries must follow one another without a gap, and nothing may stand before them.
 */

import { closeSync, fstatSync, openSync } from 'node:fs';
import { latin1 } from '../core/bytes.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import {
  type Archive,
  type ArchiveEntry,
  ArchiveFault,
  type ArchiveLimits,
  checkedName,
  createMeter,
  SET_ID,
} from './entry.ts';
import { AT_ONCE, contentId, type LocalHalf, type Packed, readAt } from './zip-data.ts';
import { zipDirectory } from './zip-end.ts';

/** The part of yauzl 3 that is used here. Its published types are for version 2. */
interface ZipEntry extends Packed {
  readonly fileName: Buffer;
  readonly fileNameRaw: Buffer;
  readonly extraFields: readonly { readonly id: number }[];
  readonly extraFieldRaw: Buffer;
  readonly fileCommentRaw: Buffer;
  readonly versionMadeBy: number;
  readonly externalFileAttributes: number;
  readonly generalPurposeBitFlag: number;
  readonly relativeOffsetOfLocalHeader: number;
  readonly isEncrypted: () => boolean;
}
interface Zip {
  readonly comment: Buffer;
  readonly eachEntry: () => AsyncIterable<ZipEntry>;
  readonly close: () => void;
}
interface Yauzl {
  readonly openPromise: (path: string, options: object) => Promise<Zip>;
}

const UNICODE_PATH = 0x7075;
const HAS_DESCRIPTOR = 0x08;
/** Lengths of a data descriptor behind an entry's data: with and without signature, short and zip64 sizes. */
const DESCRIPTORS: readonly number[] = [12, 16, 20, 24];

function modeOf(
  { versionMadeBy, externalFileAttributes }: ZipEntry,
  name: string,
): ArchiveEntry['mode'] {
  const isUnix = versionMadeBy >>> 8 === 3;
  const mode = isUnix ? externalFileAttributes >>> 16 : 0;
  if (name.endsWith('/')) return 'directory';
  const type = mode & 0o170000;
  if (type === 0o120000) return '120000';
  if ((mode & SET_ID) !== 0)
    throw new ArchiveFault('rights', `a file runs with the rights of another user: ${name}`);
  if (type !== 0 && type !== 0o100000)
    throw new ArchiveFault('entry-type', `an entry is neither file, directory nor link: ${name}`);
  return (mode & 0o111) === 0 ? '100644' : '100755';
}

const LOCAL_HEADER = 30;
/** Flags in which both halves must agree: encrypted, data descriptor, patched, strongly encrypted, UTF-8, masked. */
const FLAGS = 0x0001 | HAS_DESCRIPTOR | 0x0020 | 0x0040 | 0x0800 | 0x2000;
const CENTRAL_HEADER = 46;

interface Reader {
  readonly zip: Zip;
  readonly file: number;
  readonly format: ObjectFormat;
}

/** Returns the kinds of the extra fields in an entry's local half. No library reads them. */
function extraIds(extra: Buffer, name: string): readonly number[] {
  const ids: number[] = [];
  let at = 0;
  for (; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    ids.push(extra.readUInt16LE(at));
  }
  if (at !== extra.length)
    throw new ArchiveFault('malformed', `an extra field is cut off: ${name}`);
  return ids;
}

/** Checks that both halves agree, and that the entry begins where the last one ended. */
function checkHalves({ file }: Reader, entry: ZipEntry, expected: readonly number[]): LocalHalf {
  const name = latin1(entry.fileNameRaw);
  const start = entry.relativeOffsetOfLocalHeader;
  if (!expected.includes(start))
    throw new ArchiveFault('hidden-bytes', `there are bytes before the entry ${name}`);
  const nameLength = entry.fileNameRaw.length;
  const data = entry.compressedSize <= AT_ONCE ? entry.compressedSize : 0;
  const local = readAt(file, start, LOCAL_HEADER + nameLength + 256 + data);
  if (local.length < LOCAL_HEADER + nameLength || local.readUInt32LE(0) !== 0x04034b50) {
    throw new ArchiveFault('malformed', `there is no entry at the place of ${name}`);
  }
  const short = (size: number): number => Math.min(size, 0xffffffff);
  const sameSize =
    isDescribed(entry) ||
    (local.readUInt32LE(18) === short(entry.compressedSize) &&
      local.readUInt32LE(22) === short(entry.uncompressedSize));
  const sameFlags = ((local.readUInt16LE(6) ^ entry.generalPurposeBitFlag) & FLAGS) === 0;
  const sameName =
    local.readUInt16LE(26) === nameLength &&
    local.subarray(LOCAL_HEADER, LOCAL_HEADER + nameLength).equals(entry.fileNameRaw);
  if (!sameName || !sameSize || !sameFlags || local.readUInt16LE(8) !== entry.compressionMethod) {
    throw new ArchiveFault('ambiguous', `the two headers of ${name} differ`);
  }
  const extraLength = local.readUInt16LE(28);
  const headerLength = LOCAL_HEADER + nameLength + extraLength;
  const extra = readAt(file, start + LOCAL_HEADER + nameLength, extraLength);
  const ids = [...entry.extraFields.map(({ id }) => id), ...extraIds(extra, name)];
  if (ids.includes(UNICODE_PATH))
    throw new ArchiveFault('ambiguous', `an extra field holds a second name for ${name}`);
  return { dataStart: start + headerLength, ahead: local.subarray(headerLength) };
}

const isDescribed = ({ generalPurposeBitFlag }: ZipEntry): boolean =>
  (generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0;

/** Returns the places where the next entry may begin. */
function endsOf(entry: ZipEntry, { dataStart }: LocalHalf): readonly number[] {
  const end = dataStart + entry.compressedSize;
  return isDescribed(entry) ? DESCRIPTORS.map((length) => end + length) : [end];
}

async function readEntries(
  reader: Reader,
  limits: ArchiveLimits,
): Promise<readonly ArchiveEntry[]> {
  const meter = createMeter(limits);
  const entries: ArchiveEntry[] = [];
  const { file, zip } = reader;
  const directory = zipDirectory(fstatSync(file).size, zip.comment.length, (position, length) =>
    readAt(file, position, length),
  );
  let listed = directory.start;
  let expected: readonly number[] = [0];
  for await (const entry of zip.eachEntry()) {
    meter.entry();
    meter.bytes(entry.uncompressedSize);
    const half = checkHalves(reader, entry, expected);
    expected = endsOf(entry, half);
    const { fileNameRaw, extraFieldRaw, fileCommentRaw } = entry;
    listed += CENTRAL_HEADER + fileNameRaw.length + extraFieldRaw.length + fileCommentRaw.length;
    const raw = latin1(entry.fileNameRaw);
    const name = checkedName(raw);
    if (entry.isEncrypted()) throw new ArchiveFault('entry-type', `encrypted: ${name}`);
    const mode = modeOf(entry, raw);
    if (mode === 'directory' && entry.uncompressedSize > 0) {
      throw new ArchiveFault('hidden-bytes', `a directory has content: ${name}`);
    }
    const oid = mode === 'directory' ? '' : await contentId(reader, entry, half);
    entries.push({ name, mode, oid });
  }
  if (!expected.includes(directory.start) || listed !== directory.end)
    throw new ArchiveFault('hidden-bytes', 'it holds bytes that its directory does not list');
  return entries;
}

/** Reads a zip to its end. @throws ArchiveFault */
export async function readZip(
  path: string,
  format: ObjectFormat,
  limits: ArchiveLimits,
): Promise<Archive> {
  const module = await import('yauzl');
  const yauzl = ('openPromise' in module ? module : module.default) as unknown as Yauzl;
  const file = openSync(path, 'r');
  try {
    const zip = await yauzl.openPromise(path, { decodeStrings: false, autoClose: false });
    try {
      const comment = latin1(zip.comment);
      const entries = await readEntries({ zip, file, format }, limits);
      return { entries, comment: comment === '' ? undefined : comment };
    } finally {
      zip.close();
    }
  } catch (error) {
    if (error instanceof ArchiveFault || !(error instanceof Error)) throw error;
    throw new ArchiveFault('malformed', error.message);
  } finally {
    closeSync(file);
  }
}
