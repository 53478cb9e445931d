/** Reads the entries of a raw tree: `<mode> <name>\0<id>`, one after the other (gitformat, tree objects). */

import { latin1, toHex } from '../bytes.ts';
import type { ObjectFormat } from './signed-object.ts';

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

/** Returns the end of the mode of the entry at `at`, or -1. */
function modeEnd(raw: Uint8Array, at: number): number {
  for (let i = at; i < at + 7; i += 1) if (raw[i] === SPACE) return i;
  return -1;
}

/** Returns the end of the entry whose name ends at `nameEnd`, or -1 if it is cut off. */
function entryEnd(raw: Uint8Array, nameEnd: number, format: ObjectFormat): number {
  const end = nameEnd + 1 + (format === 'sha1' ? 20 : 32);
  return nameEnd === -1 || end > raw.length ? -1 : end;
}

/** Reads the entry at `at` and its end. Returns undefined if there is none. */
function entryAt(
  raw: Uint8Array,
  at: number,
  format: ObjectFormat,
): { readonly entry: TreeEntry; readonly end: number } | undefined {
  const space = modeEnd(raw, at);
  const nameEnd = space === -1 ? -1 : raw.indexOf(0, space);
  const end = entryEnd(raw, nameEnd, format);
  if (end === -1) return undefined;
  const mode = latin1(raw.subarray(at, space)).padStart(6, '0');
  const name = latin1(raw.subarray(space + 1, nameEnd));
  if (!/^[0-7]{6}$/.test(mode) || name === '' || name.includes('/')) return undefined;
  return { entry: { mode, name, oid: toHex(raw.subarray(nameEnd + 1, end)) }, end };
}

/** Reads the entries of a tree, in its order. Returns undefined for bytes that are no tree, or name an entry twice. */
export function treeEntries(
  raw: Uint8Array,
  format: ObjectFormat,
): readonly TreeEntry[] | undefined {
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  for (let at = 0; at < raw.length; ) {
    const found = entryAt(raw, at, format);
    if (found === undefined || names.has(found.entry.name)) return undefined;
    names.add(found.entry.name);
    entries.push(found.entry);
    at = found.end;
  }
  return entries;
}

/**
 * Finds the entry of one name. Returns undefined if there is none, and `malformed` for bytes that are no tree, or name
 * this entry twice. It builds no other entry, because a tree may have a million (threat I05).
 */
export function treeEntry(
  raw: Uint8Array,
  format: ObjectFormat,
  name: string,
): TreeEntry | undefined | 'malformed' {
  const wanted = Buffer.from(name, 'latin1');
  let found: TreeEntry | undefined;
  for (let at = 0, end = 0; at < raw.length; at = end) {
    const space = modeEnd(raw, at);
    const nameEnd = space === -1 ? -1 : raw.indexOf(0, space);
    end = entryEnd(raw, nameEnd, format);
    if (end === -1) return 'malformed';
    if (nameEnd - space - 1 !== wanted.length) continue;
    if (!wanted.equals(raw.subarray(space + 1, nameEnd))) continue;
    const { entry } = entryAt(raw, at, format) ?? {};
    if (entry === undefined || found !== undefined) return 'malformed';
    found = entry;
  }
  return found;
}
