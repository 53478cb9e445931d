/**
 * zip, as `git archive` and Info-ZIP write it. A zip says everything twice, and programs differ in which half they
 * believe: both halves must agree, entries must follow one another without a gap, and nothing may stand before or between.
 */

import { latin1 } from '../core/bytes.ts';
import type { ObjectFormat } from '../core/git/object.ts';
import {
  type Archive,
  type ArchiveEntry,
  ArchiveFault,
  type ArchiveLimits,
  blobHash,
  checkedName,
  createMeter,
} from './archive.ts';

/** What of yauzl 3 is used; its published types are of version 2. */
interface ZipEntry {
  readonly fileName: Buffer;
  readonly fileNameRaw: Buffer;
  readonly extraFields: readonly { readonly id: number }[];
  readonly versionMadeBy: number;
  readonly externalFileAttributes: number;
  readonly generalPurposeBitFlag: number;
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly relativeOffsetOfLocalHeader: number;
  readonly isEncrypted: () => boolean;
}
interface LocalHeader {
  readonly fileDataStart: number;
  readonly fileName: Buffer;
  readonly compressionMethod: number;
  readonly uncompressedSize: number;
}
interface Zip {
  readonly comment: Buffer;
  readonly eachEntry: () => AsyncIterable<ZipEntry>;
  readonly readLocalFileHeaderPromise: (entry: ZipEntry, options: object) => Promise<LocalHeader>;
  readonly openReadStreamPromise: (entry: ZipEntry) => Promise<AsyncIterable<Uint8Array>>;
  readonly close: () => void;
}
interface Yauzl {
  readonly openPromise: (path: string, options: object) => Promise<Zip>;
}

const UNICODE_PATH = 0x7075;
const HAS_DESCRIPTOR = 0x08;
/** A data descriptor behind an entry's data: with and without its signature, short and zip64 sizes. */
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
  if (type !== 0 && type !== 0o100000)
    throw new ArchiveFault(`neither file, directory nor link: ${name}`);
  return (mode & 0o111) === 0 ? '100644' : '100755';
}

async function contentId(zip: Zip, entry: ZipEntry, format: ObjectFormat): Promise<string> {
  const hash = blobHash(format, entry.uncompressedSize);
  for await (const chunk of await zip.openReadStreamPromise(entry)) hash.update(chunk);
  return hash.digest('hex');
}

/** The two halves agree, and this entry begins where the last one ended; where this one's data ends. */
async function checkHalves(
  zip: Zip,
  entry: ZipEntry,
  expected: readonly number[],
): Promise<readonly number[]> {
  const name = latin1(entry.fileNameRaw);
  const start = entry.relativeOffsetOfLocalHeader;
  if (!expected.includes(start)) throw new ArchiveFault(`something stands before ${name}`);
  const local = await zip.readLocalFileHeaderPromise(entry, {});
  const sameSize =
    (entry.generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0 ||
    local.uncompressedSize === entry.uncompressedSize;
  if (
    !local.fileName.equals(entry.fileNameRaw) ||
    local.compressionMethod !== entry.compressionMethod ||
    !sameSize
  ) {
    throw new ArchiveFault(`two different accounts of ${name}`);
  }
  if (entry.extraFields.some(({ id }) => id === UNICODE_PATH)) {
    throw new ArchiveFault(`a second name for ${name}`);
  }
  const end = local.fileDataStart + entry.compressedSize;
  const described = (entry.generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0;
  return described ? DESCRIPTORS.map((length) => end + length) : [end];
}

async function readEntries(
  zip: Zip,
  format: ObjectFormat,
  limits: ArchiveLimits,
): Promise<readonly ArchiveEntry[]> {
  const meter = createMeter(limits);
  const entries: ArchiveEntry[] = [];
  let expected: readonly number[] = [0];
  for await (const entry of zip.eachEntry()) {
    meter.entry();
    meter.bytes(entry.uncompressedSize);
    expected = await checkHalves(zip, entry, expected);
    const raw = latin1(entry.fileNameRaw);
    const name = checkedName(raw);
    if (entry.isEncrypted()) throw new ArchiveFault(`encrypted: ${name}`);
    const mode = modeOf(entry, raw);
    if (mode === 'directory' && entry.uncompressedSize > 0) {
      throw new ArchiveFault(`a directory with content: ${name}`);
    }
    const oid = mode === 'directory' ? '' : await contentId(zip, entry, format);
    entries.push({ name, mode, oid });
  }
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
  try {
    const zip = await yauzl.openPromise(path, { decodeStrings: false, autoClose: false });
    try {
      const comment = latin1(zip.comment);
      const entries = await readEntries(zip, format, limits);
      return { entries, comment: comment === '' ? undefined : comment };
    } finally {
      zip.close();
    }
  } catch (error) {
    if (error instanceof ArchiveFault || !(error instanceof Error)) throw error;
    throw new ArchiveFault(error.message);
  }
}
