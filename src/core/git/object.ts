/**
 * A raw commit or tag, split into what was signed and the signature, exactly as git splits it
 * (commit.c parse_buffer_signed_by_header, gpg-interface.c parse_signature, commit.c remove_signature).
 * Bytes are cut, never decoded and written again: GHSA-7rmh-48mx-2vwc came from a tidy re-encoding.
 */

import { concat, concatAll, fromUtf8Lossy, latin1, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';

export type ObjectType = 'commit' | 'tag';
export type ObjectFormat = 'sha1' | 'sha256';

export interface SplitObject {
  /** What the signature covers: the object without its signature. */
  readonly payload: Uint8Array;
  /** The signature as git hands it to its program. */
  readonly signature: Uint8Array;
}

/** The kinds of armor that git knows, by their first line (gpg-interface.c). */
export type SignatureKind = 'x509' | 'openpgp' | 'ssh' | 'unknown';

const ARMORS: readonly (readonly [string, SignatureKind])[] = [
  ['-----BEGIN SIGNED MESSAGE-----', 'x509'],
  ['-----BEGIN PGP SIGNATURE-----', 'openpgp'],
  ['-----BEGIN PGP MESSAGE-----', 'openpgp'],
  ['-----BEGIN SSH SIGNATURE-----', 'ssh'],
];
const HEADERS: Readonly<Record<ObjectFormat, string>> = { sha1: 'gpgsig', sha256: 'gpgsig-sha256' };
const NEWLINE = 0x0a;
const SPACE = 0x20;

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function nextLine(bytes: Uint8Array, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  return newline === -1 ? bytes.length : newline + 1;
}

/** What kind of signature begins at `at`. */
export function signatureKind(signature: Uint8Array, at = 0): SignatureKind {
  return ARMORS.find(([armor]) => startsWith(signature, at, armor))?.[1] ?? 'unknown';
}

/**
 * Splits a raw object; undefined when git would call it unsigned.
 * `format` is the repository's object format: it decides which header holds the signature.
 */
export function splitSignedObject(
  type: ObjectType,
  raw: Uint8Array,
  format: ObjectFormat,
): SplitObject | undefined {
  return type === 'commit' ? splitCommit(raw, HEADERS[format]) : splitTag(raw);
}

function splitCommit(raw: Uint8Array, header: string): SplitObject | undefined {
  const payload: Uint8Array[] = [];
  const signature: Uint8Array[] = [];
  let inSignature = false;
  let inOtherSignature = false;
  let at = 0;
  /** Where the run of lines that are payload began. */
  let from = 0;
  while (at < raw.length) {
    let next = nextLine(raw, at);
    let part: Uint8Array | undefined;
    if (inSignature && raw[at] === SPACE) {
      part = raw.subarray(at + 1, next);
    } else if (startsWith(raw, at, `${header} `)) {
      part = raw.subarray(at + header.length + 1, next);
      inOtherSignature = false;
    } else if (startsWith(raw, at, 'gpgsig')) {
      inOtherSignature = true;
    } else if (inOtherSignature && raw[at] !== SPACE) {
      inOtherSignature = false;
    }
    if (part !== undefined) signature.push(part);
    else if (raw[at] === NEWLINE) next = raw.length;
    if (part !== undefined || inOtherSignature) {
      if (from < at) payload.push(raw.subarray(from, at));
      from = next;
    }
    inSignature = part !== undefined;
    at = next;
  }
  if (signature.length === 0) return undefined;
  payload.push(raw.subarray(from));
  return { payload: concatAll(payload), signature: concatAll(signature) };
}

function splitTag(raw: Uint8Array): SplitObject | undefined {
  let match = raw.length;
  for (let at = 0; at < raw.length; at = nextLine(raw, at)) {
    if (raw[at] === 0x2d && signatureKind(raw, at) !== 'unknown') match = at;
  }
  if (match === raw.length) return undefined;
  return {
    payload: withoutHeaderSignature(raw.subarray(0, match)),
    signature: raw.subarray(match),
  };
}

/** git cuts at most two header signatures out of a tag's payload; at a third, git 2.39 aborts, so ours stays in. */
function withoutHeaderSignature(payload: Uint8Array): Uint8Array {
  const cuts: { start: number; end: number }[] = [];
  let current: { start: number; end: number } | undefined;
  let at = 0;
  while (at < payload.length) {
    let next = nextLine(payload, at);
    if (current !== undefined && payload[at] === SPACE) {
      current.end = next;
    } else if (startsWith(payload, at, 'gpgsig')) {
      if (Object.values(HEADERS).some((header) => startsWith(payload, at, `${header} `))) {
        if (current === undefined) {
          current = { start: at, end: next };
          cuts.push(current);
        } else {
          current.start = at;
          current.end = next;
        }
      }
    } else {
      if (payload[at] === NEWLINE) next = payload.length;
      current = undefined;
    }
    at = next;
  }
  if (cuts.length === 0) return payload;
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const cut of cuts.slice(0, 2)) {
    kept.push(payload.subarray(from, cut.start));
    from = cut.end;
  }
  kept.push(payload.subarray(from));
  return concatAll(kept);
}

/** The object's name: hash over `<type> <size>\0<raw>`, lower-case hex. */
export function objectId(
  crypto: Crypto,
  type: string,
  raw: Uint8Array,
  format: ObjectFormat,
): string {
  return toHex(crypto.hash(format, utf8(`${type} ${raw.length}\0`), raw));
}

/** Type of the object that a payload is, by its first header as git writes it; undefined for anything else. */
export function payloadType(payload: Uint8Array): ObjectType | undefined {
  if (startsWith(payload, 0, 'tree ')) return 'commit';
  return startsWith(payload, 0, 'object ') ? 'tag' : undefined;
}

/**
 * The object as gitsign rebuilds it to name it in an online log entry: a commit with a `gpgsig` header before
 * the first blank line, a tag with the signature behind its body. `form` 'header' on a tag is what v0.16 logged.
 */
export function joinSignature(
  payload: Uint8Array,
  signature: Uint8Array,
  form: 'header' | 'body',
): Uint8Array {
  if (form === 'body') return concat(payload, signature);
  const blank = latin1(payload).indexOf('\n\n');
  const at = blank === -1 ? payload.length : blank + 1;
  const folded = latin1(signature).replace(/\n$/, '').replaceAll('\n', '\n ');
  const header = Buffer.from(`gpgsig ${folded}\n`, 'latin1');
  return concat(payload.subarray(0, at), header, payload.subarray(at));
}

/** Lines before the first blank one, unfolded bytes kept: [name, value] in order, as positions decide them; the first `limit`. */
export function objectHeaders(
  raw: Uint8Array,
  limit = Number.POSITIVE_INFINITY,
): readonly (readonly [string, Uint8Array])[] {
  const headers: (readonly [string, Uint8Array])[] = [];
  for (let at = 0; at < raw.length && raw[at] !== NEWLINE && headers.length < limit; ) {
    const next = nextLine(raw, at);
    const end = raw[next - 1] === NEWLINE ? next - 1 : next;
    const line = raw.subarray(at, end);
    // within the line: a search through all that follows would be quadratic where no line has one
    const space = line.indexOf(SPACE);
    if (space > 0) headers.push([latin1(line.subarray(0, space)), line.subarray(space + 1)]);
    at = next;
  }
  return headers;
}

/** Value of the first header of that name, as text for showing; undefined when there is none. */
export function headerValue(raw: Uint8Array, name: string): string | undefined {
  const found = objectHeaders(raw).find(([header]) => header === name);
  return found === undefined ? undefined : fromUtf8Lossy(found[1]);
}

/** First line of the message, as text for showing. */
export function subjectLine(raw: Uint8Array): string {
  const blank = latin1(raw).indexOf('\n\n');
  if (blank === -1) return '';
  const body = raw.subarray(blank + 2);
  const end = body.indexOf(NEWLINE);
  return fromUtf8Lossy(end === -1 ? body : body.subarray(0, end));
}
