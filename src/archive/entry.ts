/** What every kind of archive holds, and what none may. */

import { createHash, type Hash } from 'node:crypto';
import type { ObjectFormat } from '../core/git/object.ts';

export interface ArchiveEntry {
  /** The name, one character a byte, without a slash at its end. */
  readonly name: string;
  readonly mode: '100644' | '100755' | '120000' | 'directory';
  /** Blob id of the content, or of where a link leads; '' for directories. */
  readonly oid: string;
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  /** The commit that the archive says it was made from. */
  readonly comment: string | undefined;
}

export interface ArchiveLimits {
  /** Bytes of content, over all entries. */
  readonly bytes: number;
  readonly entries: number;
}

/** The archive is malformed, ambiguous, or holds what no tree can. Its name may be hostile. */
export class ArchiveFault extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'ArchiveFault';
  }
}

/** Bits of a file's mode that give whoever runs it another's rights: no tree has them. */
export const SET_ID = 0o6000;

/** Counts what is taken out of an archive. @throws ArchiveFault beyond the limits */
export function createMeter(limits: ArchiveLimits): {
  entry: () => void;
  bytes: (n: number) => void;
} {
  let [entries, bytes] = [0, 0];
  return {
    entry: () => {
      entries += 1;
      if (entries > limits.entries)
        throw new ArchiveFault('holds more entries than the signed tree');
    },
    bytes: (more) => {
      bytes += more;
      if (bytes > limits.bytes) throw new ArchiveFault('holds more bytes than the signed tree');
    },
  };
}

/** A hash that becomes a blob's id once `size` bytes of content have gone in. */
export function blobHash(format: ObjectFormat, size: number): Hash {
  return createHash(format).update(`blob ${size}\0`);
}

/** A name that stays below the directory it is unpacked in, whatever unpacks it. @throws ArchiveFault */
export function checkedName(name: string): string {
  const plain = name.replace(/\/$/, '');
  const parts = plain.split('/');
  const bad = parts.some((part) => part === '' || part === '.' || part === '..');
  if (bad || plain.includes('\0')) throw new ArchiveFault(`a name that leads elsewhere: ${name}`);
  return plain;
}
