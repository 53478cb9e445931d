/**
 * Writes zip archives, for Windows: sorted names, one time, modes that Unix tools obey. No extra fields, no comments.
 * Layout: APPNOTE.TXT 6.3.10 §4.3.7, §4.3.12, §4.3.16. Little-endian.
 */

import { crc32, deflateRawSync } from 'node:zlib';
import type { ArchivedFile } from './tar.ts';

/** 2.0: folders and deflate (§4.4.3). Made on Unix (§4.4.2). */
const VERSION = 20;
const MADE_BY = (3 << 8) | VERSION;
/** Names are UTF-8 (§4.4.4, bit 11). */
const FLAGS = 0x800;
const DEFLATE = 8;
const REGULAR_FILE = 0o100000;

/** MS-DOS date and time in UTC (§4.4.6): even seconds. Its first year is 1980. */
function dosTime(epoch: number): number {
  const at = new Date(Math.max(epoch, Date.UTC(1980, 0, 1) / 1000) * 1000);
  const date =
    ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return date * 0x10000 + time;
}

/** The fields that both headers have (§4.3.7 from "version needed" on). */
function common(name: Buffer, data: Buffer, bytes: Buffer, time: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(VERSION, 0);
  fields.writeUInt16LE(FLAGS, 2);
  fields.writeUInt16LE(DEFLATE, 4);
  fields.writeUInt32LE(time, 6);
  fields.writeUInt32LE(crc32(bytes), 10);
  fields.writeUInt32LE(data.length, 14);
  fields.writeUInt32LE(bytes.length, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, index * 4);
  return bytes;
}

/** Returns a zip archive of less than 4 GiB; `epoch` is the time of every file in seconds since 1970. */
export function zip(files: readonly ArchivedFile[], epoch: number): Buffer {
  const time = dosTime(epoch);
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, bytes, executable } of files) {
    const data = deflateRawSync(bytes);
    const path = Buffer.from(name);
    const fields = common(path, data, bytes, time);
    const mode = (REGULAR_FILE | (executable ? 0o755 : 0o644)) * 0x10000;
    const madeBy = Buffer.from([MADE_BY & 0xff, MADE_BY >> 8]);
    const entry = [uint32(0x04034b50), fields, path, data];
    local.push(...entry);
    // comment length, disk and internal attributes are zero
    const attributes = Buffer.concat([Buffer.alloc(6), uint32(mode, offset)]);
    directory.push(uint32(0x02014b50), madeBy, fields, attributes, path);
    offset += entry.reduce((length, part) => length + part.length, 0);
  }
  const size = directory.reduce((length, part) => length + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...directory, end]);
}
