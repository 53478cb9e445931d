/** Types and checks that all kinds of archives share. */

import { createHash, type Hash } from 'node:crypto';
import type { ObjectFormat } from '../core/git/signed-object.ts';

export interface ArchiveEntry {
  /** The name, one character a byte, without a slash at its end. */
  readonly name: string;
  readonly mode: '100644' | '100755' | '120000' | 'directory';
  /** Blob id of the content, or of a link's target. Empty for directories. */
  readonly oid: string;
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  /** The commit that the archive says it was made from. */
  readonly comment: string | undefined;
}

export interface ArchiveLimits {
  /** Bytes of content of all entries. */
  readonly bytes: number;
  readonly entries: number;
}

/** `ambiguous`: programs would unpack it differently. `hidden-bytes`: a part of it is in no entry. */
export type ArchiveFaultCode =
  | 'ambiguous'
  | 'entry-type'
  | 'hidden-bytes'
  | 'kind'
  | 'limit'
  | 'malformed'
  | 'name'
  | 'rights';

/** The archive is malformed, ambiguous, or holds an entry that no tree can hold. The message may hold hostile names. */
export class ArchiveFault extends Error {
  readonly code: ArchiveFaultCode;

  constructor(code: ArchiveFaultCode, detail: string) {
    super(detail);
    this.name = 'ArchiveFault';
    this.code = code;
  }
}

/** Bits of a file's mode that run it with the rights of another user. No tree has them. */
export const SET_ID = 0o6000;

/** Counts entries and bytes of an archive. @throws ArchiveFault beyond the limits */
export function createMeter(limits: ArchiveLimits): {
  entry: () => void;
  bytes: (n: number) => void;
} {
  let [entries, bytes] = [0, 0];
  return {
    entry: () => {
      entries += 1;
      if (entries > limits.entries)
        throw new ArchiveFault('limit', 'it holds more entries than the signed tree');
    },
    bytes: (more) => {
      bytes += more;
      if (bytes > limits.bytes)
        throw new ArchiveFault('limit', 'it holds more bytes than the signed tree');
    },
  };
}

/** Returns a hash that becomes the blob's id after `size` bytes of content. */
export function blobHash(format: ObjectFormat, size: number): Hash {
  return createHash(format).update(`blob ${size}\0`);
}

/** Returns a name that stays below the target directory, whatever program unpacks it. @throws ArchiveFault */
export function checkedName(name: string): string {
  const plain = name.replace(/\/$/, '');
  const parts = plain.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad || plain.includes('\0'))
    throw new ArchiveFault('name', `a name leads out of the directory: ${name}`);
  return plain;
}
