/** The entries of a raw tree: `<mode> <name>\0<id>`, one after the other (gitformat, tree objects). */

import { latin1, toHex } from '../bytes.ts';
import type { ObjectFormat } from './object.ts';

export interface TreeEntry {
  /** Six digits, as ls-tree prints it: 040000, 100644, 100755, 120000, 160000. */
  readonly mode: string;
  /** One character a byte. */
  readonly name: string;
  /** Lower-case hex. */
  readonly oid: string;
}

/** Mode of a directory, and of the commit of a submodule. */
export const DIRECTORY = '040000';
export const GITLINK = '160000';

const SPACE = 0x20;

/** Entries of a tree, in its order; undefined for bytes that are no tree, or name an entry twice. */
export function treeEntries(
  raw: Uint8Array,
  format: ObjectFormat,
): readonly TreeEntry[] | undefined {
  const size = format === 'sha1' ? 20 : 32;
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  for (let at = 0; at < raw.length; ) {
    const space = raw.indexOf(SPACE, at);
    const end = raw.indexOf(0, space + 1);
    if (space === -1 || space - at > 6 || end === -1 || end + 1 + size > raw.length)
      return undefined;
    const mode = latin1(raw.subarray(at, space)).padStart(6, '0');
    const name = latin1(raw.subarray(space + 1, end));
    if (!/^[0-7]{6}$/.test(mode) || name === '' || name.includes('/') || names.has(name)) {
      return undefined;
    }
    names.add(name);
    entries.push({ mode, name, oid: toHex(raw.subarray(end + 1, end + 1 + size)) });
    at = end + 1 + size;
  }
  return entries;
}
