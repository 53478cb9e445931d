/**
 * Reads the claims of a commit or tag: author, committer, dates, tag name, sign-offs. The reader of headers
 * (git/header.ts) reads them. A search over the text would also find headers that a message quotes (threat G17). No
 * evidence proves these claims.
 */

import { fromUtf8 } from '../bytes.ts';
import { headerOf, type ObjectType } from '../git/header.ts';
import { certainText, type DatedPerson, readPerson } from '../git/person.ts';
import { messageOf } from '../git/signed-object.ts';

export interface Claims {
  /** Undefined if the line is odd, or the object has none. */
  readonly author: DatedPerson | undefined;
  /** The tagger, for a tag. */
  readonly committer: DatedPerson | undefined;
  /** Name inside a tag. */
  readonly tagName: string | undefined;
}

const NO_CLAIMS: Claims = { author: undefined, committer: undefined, tagName: undefined };

/** Returns the claims of the header, or none if the object is malformed. */
export function claimsOf(type: ObjectType, payload: Uint8Array): Claims {
  const header = headerOf(payload);
  if (header?.type !== type) return NO_CLAIMS;
  const { encoding } = header;
  return header.type === 'commit'
    ? {
        author: readPerson(header.author, encoding),
        committer: readPerson(header.committer, encoding),
        tagName: undefined,
      }
    : {
        author: undefined,
        committer: readPerson(header.tagger, encoding),
        tagName: fromUtf8(header.name),
      };
}

const NEWLINE = 0x0a;
const WHITE = [0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20];
/** Most bytes of a paragraph of trailers. */
const MAX_PARAGRAPH = 64 * 1024;

/**
 * Returns the addresses of the `Signed-off-by` lines in the last paragraph of the message. If the message holds a NUL, at
 * which git's log stops, there are none.
 */
export function signOffsOf(payload: Uint8Array): readonly string[] {
  const message = messageOf(payload);
  if (message.includes(0)) return [];
  const text = certainText(lastParagraph(message), headerOf(payload)?.encoding) ?? '';
  return text.split('\n').flatMap((line) => {
    const address = /^signed-off-by: [^<>]*<([^<>]+)>$/i.exec(line.trimEnd())?.[1];
    return address === undefined ? [] : [address];
  });
}

/** Returns the lines behind the last blank line, which may hold white space. It reads from the end, so it reads only those. */
function lastParagraph(message: Uint8Array): Uint8Array {
  let end = message.length;
  while (isWhite(message[end - 1])) end -= 1;
  let start = end;
  while (start > 0 && end - start < MAX_PARAGRAPH) {
    const line = start < 2 ? 0 : message.lastIndexOf(NEWLINE, start - 2) + 1;
    if (start < end && isBlank(message, line, start)) return message.subarray(start, end);
    start = line;
  }
  return start === 0 ? message.subarray(0, end) : message.subarray(end);
}

function isBlank(message: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && isWhite(message[at])) at += 1;
  return at === end;
}

function isWhite(byte: number | undefined): boolean {
  return byte !== undefined && WHITE.includes(byte);
}
