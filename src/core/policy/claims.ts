/**
 * What a commit or tag says of itself: who wrote and who committed it, when, its tag name, its sign-offs. Headers are
 * found by their position, as git writes them, never by a search over the text: a message can quote any header
 * (threat G17). Everything here is a claim.
 */

import { fromUtf8, latin1 } from '../bytes.ts';
import type { ObjectType } from '../git/object.ts';

/** A person line; undefined parts could not be read. */
export interface ClaimedPerson {
  readonly email: string | undefined;
  /** Unix seconds. */
  readonly time: number | undefined;
}

export interface Claims {
  readonly author: ClaimedPerson | undefined;
  /** The tagger, for a tag. */
  readonly committer: ClaimedPerson | undefined;
  /** Name inside a tag. */
  readonly tagName: string | undefined;
}

const NEWLINE = 0x0a;

/** The header line at `at`, and where the next one begins; undefined at the end of the header. */
function lineAt(payload: Uint8Array, at: number): { text: Uint8Array; next: number } | undefined {
  if (at >= payload.length || payload[at] === NEWLINE) return undefined;
  const newline = payload.indexOf(NEWLINE, at);
  const end = newline === -1 ? payload.length : newline;
  return { text: payload.subarray(at, end), next: end + 1 };
}

function isNamed(line: Uint8Array, name: string): boolean {
  for (let i = 0; i < name.length; i += 1) if (line[i] !== name.charCodeAt(i)) return false;
  return line[name.length] === 0x20;
}

function headerText(line: Uint8Array, name: string): string | undefined {
  return isNamed(line, name) ? fromUtf8(line.subarray(name.length + 1)) : undefined;
}

const PEOPLE = ['author', 'committer', 'tagger'];

/**
 * Those whom the header names once, wherever. git's log shows the last of several, and takes what follows a NUL for a
 * line of its own, where its other readers stop: then there is no word that all of git would show.
 */
export function namedOnce(payload: Uint8Array): readonly string[] {
  const seen = new Set<string>();
  const again = new Set<string>();
  for (let line = lineAt(payload, 0); line !== undefined; line = lineAt(payload, line.next)) {
    const { text } = line;
    if (text.includes(0)) return [];
    const name = PEOPLE.find((each) => isNamed(text, each));
    if (name !== undefined) (seen.has(name) ? again : seen).add(name);
  }
  return [...seen].filter((name) => !again.has(name));
}

/**
 * As git splits it (ident.c): the first mail counts; the date is the number behind it, whatever else follows. Where more
 * follows, parts of git itself differ (`git log` takes the last `>`, a walk by date the first): no date is read then.
 */
function personOf(text: string | undefined): ClaimedPerson | undefined {
  if (text === undefined) return undefined;
  const email = /^[^<]*<([^<>]*)>/.exec(text)?.[1];
  const time = /^[^<>]*<[^<>]*> (\d{1,12}) [+-]\d{4}$/.exec(text)?.[1];
  return { email, time: time === undefined ? undefined : Number(time) };
}

/** What the headers say, each where git puts it; what stands elsewhere is not read. */
export function claimsOf(type: ObjectType, payload: Uint8Array): Claims {
  const names =
    type === 'commit' ? ['tree', 'author', 'committer'] : ['object', 'type', 'tag', 'tagger'];
  const found: (string | undefined)[] = [];
  let line = lineAt(payload, 0);
  for (const name of names) {
    while (
      name === 'author' &&
      line !== undefined &&
      headerText(line.text, 'parent') !== undefined
    ) {
      line = lineAt(payload, line.next);
    }
    found.push(line === undefined ? undefined : headerText(line.text, name));
    line = line === undefined ? undefined : lineAt(payload, line.next);
  }
  const [, second, third, fourth] = found;
  const unique = namedOnce(payload);
  const once = (name: string, text: string | undefined): ClaimedPerson | undefined =>
    unique.includes(name) ? personOf(text) : undefined;
  return type === 'commit'
    ? { author: once('author', second), committer: once('committer', third), tagName: undefined }
    : { author: undefined, committer: once('tagger', fourth), tagName: third };
}

/** Addresses of the `Signed-off-by` lines in the last paragraph of the message. */
export function signOffsOf(payload: Uint8Array): readonly string[] {
  const text = latin1(payload);
  const blank = text.indexOf('\n\n');
  if (blank === -1) return [];
  const message = fromUtf8(payload.subarray(blank + 2)) ?? text.slice(blank + 2);
  const last =
    message
      .trimEnd()
      .split(/\n[ \t\r]*\n/)
      .at(-1) ?? '';
  return last.split('\n').flatMap((line) => {
    const address = /^signed-off-by: [^<>]*<([^<>]+)>$/i.exec(line.trimEnd())?.[1];
    return address === undefined ? [] : [address];
  });
}

/** Full hashes of a commit's parents, by position. */
export function parentsOf(payload: Uint8Array): readonly string[] {
  const parents: string[] = [];
  let line = lineAt(payload, 0);
  line = line === undefined ? undefined : lineAt(payload, line.next);
  for (; line !== undefined; line = lineAt(payload, line.next)) {
    const parent = headerText(line.text, 'parent');
    if (parent === undefined) break;
    parents.push(parent);
  }
  return parents;
}
