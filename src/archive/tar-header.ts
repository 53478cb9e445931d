/** Reads the headers of a tar (POSIX.1-2001 ustar and pax, and GNU's magic). It reads every field that it uses strictly. */

import { latin1 } from '../core/bytes.ts';
import { ArchiveFault } from './entry.ts';

export const BLOCK = 512;

export interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly mode: number;
  readonly type: string;
  readonly link: string;
}

/** Returns the text up to a NUL, one character a byte. */
export function text(block: Uint8Array, at: number, length: number): string {
  const field = latin1(block.subarray(at, at + length));
  const end = field.indexOf('\0');
  return end === -1 ? field : field.slice(0, end);
}

function number(block: Uint8Array, at: number, length: number): number {
  const digits = text(block, at, length).trim();
  if (!/^[0-7]{1,12}$/.test(digits))
    throw new ArchiveFault('malformed', 'a number in a header is not octal');
  return Number.parseInt(digits, 8);
}

/** Returns the sum of a header block, in which the checksum's own field counts as blanks. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i += 1) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum;
}

/** Returns true for a block that some program may take for a header. Old programs add up signed bytes and know no magic. */
export function mayBeHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK) return false;
  const digits = /^[ \0]*([0-7]+)/.exec(latin1(block.subarray(148, 156)))?.[1];
  const sum = checksum(block);
  const high = block.filter((byte, at) => byte > 0x7f && (at < 148 || at >= 156)).length;
  return digits !== undefined && [sum, sum - 256 * high].includes(Number.parseInt(digits, 8));
}

/** Reads one header block. @throws ArchiveFault */
export function readHeader(block: Uint8Array): TarHeader {
  if (number(block, 148, 8) !== checksum(block))
    throw new ArchiveFault('malformed', 'the checksum of a header is wrong');
  const magic = latin1(block.subarray(257, 265));
  if (magic !== 'ustar\x0000' && magic !== 'ustar  \0')
    throw new ArchiveFault('kind', 'it is a kind of tar that this program does not know');
  const prefix = magic === 'ustar\x0000' ? text(block, 345, 155) : '';
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    size: number(block, 124, 12),
    mode: number(block, 100, 8),
    type: latin1(block.subarray(156, 157)),
    link: text(block, 157, 100),
  };
}

/** Reads records `<length> <key>=<value>\n`. Values have one character a byte. */
export function paxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const match = /^([1-9]\d{0,6}) ([^=]+)=/.exec(latin1(bytes.subarray(at, at + 64)));
    const length = Number(match?.[1] ?? 0);
    const record = latin1(bytes.subarray(at, at + length));
    const [head, , key] = match ?? [];
    if (
      head === undefined ||
      key === undefined ||
      !record.endsWith('\n') ||
      record.length !== length
    ) {
      throw new ArchiveFault('malformed', 'an extended header is malformed');
    }
    if (records.has(key))
      throw new ArchiveFault('ambiguous', `an extended header says ${key} twice`);
    records.set(key, record.slice(head.length, -1));
    at += length;
  }
  return records;
}
