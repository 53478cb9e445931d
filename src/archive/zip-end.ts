/**
 * Finds the directory of a zip from its end (APPNOTE 4.3.14–4.3.16). Some programs find it by its offset, some by its size
 * from the end, some by a locator that others ignore. All must find the same one, right behind the entries, and nothing
 * else may lie there.
 */

import { ArchiveFault } from './entry.ts';

/** Reads `length` bytes of the file at a position. */
export type ReadAt = (position: number, length: number) => Buffer;

export interface ZipDirectory {
  readonly start: number;
  readonly end: number;
}

const END = 22;
const LOCATOR = 20;
const END_64 = 56;
const END_MAGIC = 0x06054b50;
const LOCATOR_MAGIC = 0x07064b50;
const END_64_MAGIC = 0x06064b50;

const fault = (): ArchiveFault =>
  new ArchiveFault(
    'hidden-bytes',
    'it names two places of its directory, or hides bytes around it',
  );

/** Returns true if the short field equals the long one, or is full and leaves the value to the long one. */
const agrees = (short: number, long: number, full: number): boolean =>
  short === full || short === long;

function long(
  end: Buffer,
  at: number,
  readAt: ReadAt,
): { readonly start: number; readonly size: number; readonly after: number } {
  const locator = readAt(at - LOCATOR, LOCATOR);
  const place = Number(locator.readBigUInt64LE(8));
  if (place + END_64 !== at - LOCATOR) throw fault();
  const record = readAt(place, END_64);
  const [size, start] = [record.readBigUInt64LE(40), record.readBigUInt64LE(48)].map(Number);
  const whole = record.readUInt32LE(0) === END_64_MAGIC && Number(record.readBigUInt64LE(4)) === 44;
  if (!whole || size === undefined || start === undefined) throw fault();
  const same =
    agrees(end.readUInt32LE(12), size, 0xffffffff) &&
    agrees(end.readUInt32LE(16), start, 0xffffffff) &&
    agrees(end.readUInt16LE(10), Number(record.readBigUInt64LE(32)), 0xffff);
  if (!same) throw fault();
  return { start, size, after: place };
}

/** Returns the place of the directory, if all ways of looking agree. @throws ArchiveFault */
export function zipDirectory(
  fileSize: number,
  commentLength: number,
  readAt: ReadAt,
): ZipDirectory {
  const at = fileSize - END - commentLength;
  const end = at < 0 ? Buffer.alloc(0) : readAt(at, END);
  if (end.length !== END || end.readUInt32LE(0) !== END_MAGIC) throw fault();
  const before = at < LOCATOR ? undefined : readAt(at - LOCATOR, 4).readUInt32LE(0);
  const { start, size, after } =
    before === LOCATOR_MAGIC
      ? long(end, at, readAt)
      : { start: end.readUInt32LE(16), size: end.readUInt32LE(12), after: at };
  if (start + size !== after) throw fault();
  return { start, end: after };
}
