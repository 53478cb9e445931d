/**
 * Reads a person line of git (`Name <address> 1700000000 +0000`). Parts of git read odd lines differently: `git log` takes
 * the last `>`, a walk by date takes the first, and `git fsck` refuses. So an odd line gives no person, and no person is
 * reported whom some part of git would not show (threats G14, G15).
 */

import { fromUtf8 } from '../bytes.ts';

export interface Person {
  readonly name: string;
  readonly email: string;
}

/** A person with a time. */
export interface DatedPerson extends Person {
  /** Unix seconds. */
  readonly time: number;
}

const PERSON = /^([^<>\p{Cc}]*?) ?<([^<>\p{Cc}]*)> (\d{1,12}) [+-]\d{4}$/u;

/** Encodings that contain ASCII unchanged. In others (UTF-7, EBCDIC …) git would show other letters. */
const ASCII_INSIDE =
  /^(?:us-ascii|ascii|(?:iso-?)?8859-?\d{1,2}|latin-?\d|(?:windows-|cp-?)125\d|koi8-[ru]|euc-?(?:jp|kr|cn|tw)|gb2312|gbk|gb18030|big5|shift[-_]?jis|sjis)$/i;
const UTF8 = /^utf-?8$/i;

/** Decodes text of an object if its `encoding` header allows only one reading. Returns undefined otherwise. */
export function certainText(bytes: Uint8Array, encoding: string | undefined): string | undefined {
  const text = fromUtf8(bytes);
  if (text === undefined || encoding === undefined || UTF8.test(encoding)) return text;
  return ASCII_INSIDE.test(encoding) && /^[\0-\x7f]*$/.test(text) ? text : undefined;
}

/** Reads the value of an `author`, `committer` or `tagger` header. Returns undefined for an odd one. */
export function readPerson(
  value: Uint8Array | undefined,
  encoding: string | undefined,
): DatedPerson | undefined {
  const text = value && certainText(value, encoding);
  return text === undefined ? undefined : personOf(text);
}

/** Reads a person as `git var` prints it. Returns undefined for an odd line. */
export function personOf(text: string): DatedPerson | undefined {
  const [, name, email, time] = PERSON.exec(text) ?? [];
  if (name === undefined || email === undefined) return undefined;
  return { name, email, time: Number(time) };
}
