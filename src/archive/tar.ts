/**
 * Reads tar as `git archive` and GNU tar write it (POSIX.1-2001 pax, ustar, GNU long names). It is strict where programs
 * differ. A wrong checksum, an unknown kind of entry, a pax record that changes more than name and size, and bytes behind
 * the end are faults.
 */

import { concatAll, fromUtf8 } from '../core/bytes.ts';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import {
  type Archive,
  type ArchiveEntry,
  ArchiveFault,
  type ArchiveLimits,
  blobHash,
  checkedName,
  createMeter,
  SET_ID,
} from './entry.ts';
import { BLOCK, paxRecords, readHeader, type TarHeader, text } from './tar-header.ts';

/** Most bytes of an extended header. */
const MAX_EXTENDED = 1024 * 1024;

/** Reads bytes on demand from a stream of chunks. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array();
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Returns up to `size` bytes, and at least one. Returns undefined at the end. */
  async some(size: number): Promise<Uint8Array | undefined> {
    while (this.#held.length === 0) {
      const step = await this.#chunks.next();
      if (step.done === true) return undefined;
      this.#held = step.value;
    }
    const taken = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  /** Returns exactly `size` bytes if they are already here. This saves a wait for most headers. */
  ready(size: number): Uint8Array | undefined {
    if (this.#held.length < size) return undefined;
    const taken = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(size);
    return taken;
  }

  async exactly(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = size; left > 0; ) {
      const part = await this.some(left);
      if (part === undefined)
        throw new ArchiveFault('malformed', 'it ends in the middle of an entry');
      parts.push(part);
      left -= part.length;
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : concatAll(parts);
  }
}

/** Keys of an extended header that do not change what programs unpack. */
const HARMLESS = [
  'path',
  'linkpath',
  'size',
  'mtime',
  'atime',
  'ctime',
  'uid',
  'gid',
  'uname',
  'gname',
];

/** Fields of extended headers for the next entry. */
interface Extended {
  path?: string;
  link?: string;
  size?: number;
}

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
const padding = (size: number): number => (BLOCK - (size % BLOCK)) % BLOCK;

async function extendedText(source: Source, size: number): Promise<Uint8Array> {
  if (size > MAX_EXTENDED) throw new ArchiveFault('limit', 'an extended header is too long');
  const bytes = (await source.exactly(size)).slice();
  if (size > 0 && padding(size) > 0) await source.exactly(padding(size));
  return bytes;
}

/** Returns the comment of the global header, which must come first and hold nothing else. */
function globalComment(bytes: Uint8Array): string {
  const records = paxRecords(bytes);
  const comment = records.get('comment');
  if (records.size !== 1 || comment === undefined) {
    throw new ArchiveFault('entry-type', 'a global header holds more than a comment');
  }
  return comment;
}

/** Refuses a field that two kinds of headers set. Programs differ in which of them they use. */
function sayOnce(extended: Extended, key: 'path' | 'link', value: string): void {
  if (extended[key] !== undefined)
    throw new ArchiveFault('ambiguous', `two extended headers set the ${key} of one entry`);
  extended[key] = value;
}

/** The largest size that fits into a header. Up to this size, header and extended header must agree. */
const MAX_OCTAL = 0o77777777777;

function sizeOf(header: TarHeader, { size }: Extended): number {
  if (size === undefined || size === header.size) return header.size;
  if (size <= MAX_OCTAL) throw new ArchiveFault('ambiguous', 'an entry has two different sizes');
  return size;
}

function applyPax(bytes: Uint8Array, extended: Extended): void {
  for (const [key, value] of paxRecords(bytes)) {
    if (!HARMLESS.includes(key))
      throw new ArchiveFault('entry-type', `an extended header sets ${key}`);
    if (key === 'path') sayOnce(extended, 'path', value);
    if (key === 'linkpath') sayOnce(extended, 'link', value);
    if (key !== 'size') continue;
    if (!/^\d{1,15}$/.test(value))
      throw new ArchiveFault('malformed', 'the size in an extended header is not a number');
    extended.size = Number(value);
  }
}

async function contentId(source: Source, size: number, format: ObjectFormat): Promise<string> {
  const hash = blobHash(format, size);
  for (let left = size; left > 0; ) {
    const part = await source.some(left);
    if (part === undefined)
      throw new ArchiveFault('malformed', 'it ends in the middle of an entry');
    hash.update(part);
    left -= part.length;
  }
  if (padding(size) > 0) await source.exactly(padding(size));
  return hash.digest('hex');
}

async function readEntry(
  header: TarHeader,
  extended: Extended,
  source: Source,
  format: ObjectFormat,
): Promise<ArchiveEntry> {
  const raw = extended.path ?? header.name;
  const name = checkedName(raw);
  const { type, mode } = header;
  const size = sizeOf(header, extended);
  if (type === '5' || type === '2') {
    if (size !== 0)
      throw new ArchiveFault('hidden-bytes', `a directory or link has content: ${name}`);
    if (type === '5') return { name, mode: 'directory', oid: '' };
    const target = Buffer.from(extended.link ?? header.link, 'latin1');
    return {
      name,
      mode: '120000',
      oid: blobHash(format, target.length).update(target).digest('hex'),
    };
  }
  if (type !== '0' && type !== '\0') {
    throw new ArchiveFault(
      'entry-type',
      `an entry is neither file, directory nor link (kind ${JSON.stringify(type)}): ${name}`,
    );
  }
  if ((mode & SET_ID) !== 0)
    throw new ArchiveFault('rights', `a file runs with the rights of another user: ${name}`);
  if (raw.endsWith('/'))
    throw new ArchiveFault('entry-type', `a file is named like a directory: ${name}`);
  const oid = await contentId(source, size, format);
  return { name, mode: (mode & 0o111) === 0 ? '100644' : '100755', oid };
}

/** Checks that nothing but zeros follows the end. */
async function checkEnd(source: Source): Promise<void> {
  for (;;) {
    const rest = await source.some(BLOCK * 128);
    if (rest === undefined) return;
    if (!isZero(rest)) throw new ArchiveFault('hidden-bytes', 'it holds bytes behind its end');
  }
}

/** Reads a tar to its end. @throws ArchiveFault */
export async function readTar(
  chunks: AsyncIterable<Uint8Array>,
  format: ObjectFormat,
  limits: ArchiveLimits,
): Promise<Archive> {
  const source = new Source(chunks);
  const meter = createMeter(limits);
  const entries: ArchiveEntry[] = [];
  let comment: string | undefined;
  let extended: Extended = {};
  for (let first = true; ; first = false) {
    const block = source.ready(BLOCK) ?? (await source.exactly(BLOCK));
    if (isZero(block)) break;
    const header = readHeader(block);
    meter.bytes(header.size);
    if (header.type === 'g') {
      if (!first) throw new ArchiveFault('entry-type', 'a global header stands in the middle');
      comment = fromUtf8(
        Buffer.from(globalComment(await extendedText(source, header.size)), 'latin1'),
      );
    } else if (header.type === 'x') applyPax(await extendedText(source, header.size), extended);
    else if (header.type === 'L')
      sayOnce(extended, 'path', text(await extendedText(source, header.size), 0, header.size));
    else if (header.type === 'K')
      sayOnce(extended, 'link', text(await extendedText(source, header.size), 0, header.size));
    else {
      meter.entry();
      if (extended.size !== undefined) meter.bytes(extended.size);
      entries.push(await readEntry(header, extended, source, format));
      extended = {};
    }
  }
  await checkEnd(source);
  return { entries, comment };
}
