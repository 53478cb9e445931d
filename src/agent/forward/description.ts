/**
 * What a payload is about, as a forwarded request is judged, confirmed and written down. Another machine wrote it, so what is
 * shown or kept of it is escaped, and cut where it is long (threat D14).
 */

import { visible } from '../../core/escape.ts';
import { headerOf } from '../../core/git/header.ts';
import { payloadKind } from '../../core/git/payload-kind.ts';
import { subjectLine } from '../../core/git/signed-object.ts';
import { UsageError } from '../../errors.ts';

/** Hostile text: escape it. */
export interface PayloadDescription {
  readonly type: 'commit' | 'tag';
  readonly subject: string;
  /** The names of a commit's parents, or of a tag's target. */
  readonly parents: readonly string[];
}

/** Returns what a payload is about. @throws UsageError `KIND_NOT_FORWARDED` for anything but a commit or a tag, whatever else the agent may sign (threat K2) */
export function describe(payload: Uint8Array): PayloadDescription {
  const header = headerOf(payload);
  if (header === undefined) {
    throw new UsageError('a forwarded agent signs commits and tags only', {
      code: 'KIND_NOT_FORWARDED',
      hint:
        payloadKind(payload) === 'statement'
          ? 'make the statement at the machine that you came from'
          : 'push from the machine that you came from, or without a signature: git push --no-signed',
    });
  }
  const parents = header.type === 'commit' ? header.parents : [header.target];
  return { type: header.type, parents, subject: subjectLine(payload) };
}

const MAX_TEXT = 200;
/** Characters of the longest name of an object. */
const MAX_NAME = 64;
const MAX_NAMES = 16;

function cut(text: string, length: number, mark: string): string {
  const escaped = visible(text.slice(0, length));
  return text.length <= length && escaped.length <= length
    ? escaped
    : `${escaped.slice(0, length)}${mark}`;
}

/** Returns a line of text, escaped, with a mark where it was cut. */
export function briefText(text: string): string {
  return cut(text, MAX_TEXT, '… (cut)');
}

/** Returns the names of objects, escaped, and how many there were beyond the first sixteen. */
export function briefNames(names: readonly string[]): readonly string[] {
  const first = names.slice(0, MAX_NAMES).map((name) => cut(name, MAX_NAME, '…'));
  const more = names.length - first.length;
  return more === 0 ? first : [...first, `… and ${more} more`];
}
