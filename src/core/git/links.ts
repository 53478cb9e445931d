/**
 * Reads tree, parents and targets as git does while it walks history (commit.c parse_commit_buffer, tag.c
 * parse_tag_buffer): by position, whatever follows. History may hold malformed objects that could not be signed. The strict
 * reader (header.ts) reads objects that are judged, and it finds the same links in every header that it accepts.
 */

import { latin1 } from '../bytes.ts';
import type { ObjectFormat } from './header.ts';
import { standsAt } from './header-lines.ts';

export interface Links {
  /** Lower-case hex. */
  readonly tree: string;
  readonly parents: readonly string[];
}

export interface Target {
  /** Lower-case hex. */
  readonly target: string;
  readonly targetType: string;
}

const NEWLINE = 0x0a;

/** Reads the hash of a line `<name> <hash>` at `at`. Returns undefined if there is none. git accepts upper and lower case. */
function hashAt(
  raw: Uint8Array,
  at: number,
  name: string,
  format: ObjectFormat,
): { readonly hash: string; readonly next: number } | undefined {
  if (!standsAt(raw, at, `${name} `)) return undefined;
  const start = at + name.length + 1;
  const end = start + (format === 'sha1' ? 40 : 64);
  const hash = latin1(raw.subarray(start, end)).toLowerCase();
  return raw[end] === NEWLINE && /^[0-9a-f]+$/.test(hash) ? { hash, next: end + 1 } : undefined;
}

/** Reads tree and parents of a stored commit. Returns undefined if git finds neither. */
export function commitLinks(raw: Uint8Array, format: ObjectFormat): Links | undefined {
  const tree = hashAt(raw, 0, 'tree', format);
  if (tree === undefined) return undefined;
  const parents: string[] = [];
  for (let at = tree.next; ; ) {
    const parent = hashAt(raw, at, 'parent', format);
    if (parent === undefined) {
      // git refuses such a commit
      return standsAt(raw, at, 'parent ') ? undefined : { tree: tree.hash, parents };
    }
    parents.push(parent.hash);
    at = parent.next;
  }
}

/** Reads the target of a stored tag. Returns undefined if git finds none. */
export function tagTarget(raw: Uint8Array, format: ObjectFormat): Target | undefined {
  const object = hashAt(raw, 0, 'object', format);
  if (object === undefined || !standsAt(raw, object.next, 'type ')) return undefined;
  const end = raw.indexOf(NEWLINE, object.next);
  const targetType = latin1(raw.subarray(object.next + 5, Math.min(end, object.next + 16)));
  return end === -1 ? undefined : { target: object.hash, targetType };
}
