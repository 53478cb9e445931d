/**
 * A raw commit or tag, split into what was signed and the signature, exactly as git splits it
 * (commit.c parse_buffer_signed_by_header, gpg-interface.c parse_signature, commit.c remove_signature).
 * Bytes are cut, never decoded and written again: GHSA-7rmh-48mx-2vwc came from a tidy re-encoding.
 */

import { concat, fromUtf8Lossy, latin1, toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { Refusal } from '../verdict.ts';
import {
  MAX_SIGNATURE_BYTES,
  type ObjectFormat,
  type ObjectHeader,
  type ObjectType,
  readHeader,
  readsEqual,
  SIGNATURE_HEADERS,
  type SignatureHeader,
  typeOf,
} from './header.ts';
import { headerEnd, type Span, standsAt } from './header-lines.ts';

export type { ObjectFormat, ObjectType } from './header.ts';
export { typeOf as payloadType } from './header.ts';

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
const NEWLINE = 0x0a;

/** What kind of signature begins at `at`. */
export function signatureKind(signature: Uint8Array, at = 0): SignatureKind {
  return ARMORS.find(([armor]) => standsAt(signature, at, armor))?.[1] ?? 'unknown';
}

/** The same bytes, with a search for several bytes at once. */
function searchable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Where the last line behind `from` begins that opens an armor: git takes the last. Undefined when none does. */
function lastArmorAt(bytes: Uint8Array, from: number): number | undefined {
  const buffer = searchable(bytes);
  let last = from;
  for (const [armor] of ARMORS) {
    // only behind what was found: a later one counts
    const at = buffer.subarray(last).lastIndexOf(`\n${armor}`);
    if (at !== -1) last += at + 1;
  }
  return last === from ? undefined : last;
}

/** An object that git reads in one way only, and what of it is signed. */
export interface OpenedObject {
  readonly header: ObjectHeader;
  /** Undefined when git would call it unsigned. */
  readonly split: SplitObject | undefined;
}

/**
 * Reads a raw object and cuts its signature out. What git reads from the object and from what the signature covers is
 * compared: a signature says nothing about an object that git reads otherwise (threat G19). `format` is the
 * repository's object format: it decides which header holds the signature.
 * @throws Refusal `object-malformed`; `unsigned` for a malformed object without a signature, as history has some
 */
export function openObject(type: ObjectType, raw: Uint8Array, format: ObjectFormat): OpenedObject {
  const header = readStored(type, raw, format);
  const split = header.type === 'commit' ? splitCommit(raw, header, format) : splitTag(raw, header);
  if (split === undefined) return { header, split };
  if (!readsEqual(header, readHeader(type, split.payload, { format, form: 'payload' }))) {
    throw new Refusal('object-malformed', 'git reads something else than what is signed');
  }
  return { header, split };
}

function readStored(type: ObjectType, raw: Uint8Array, format: ObjectFormat): ObjectHeader {
  try {
    return readHeader(type, raw, { format, form: 'stored' });
  } catch (error) {
    if (!(error instanceof Refusal) || typeOf(raw) !== type || bearsSignature(type, raw)) {
      throw error;
    }
    throw new Refusal('unsigned', `the ${type} has no signature, and ${error.message}`);
  }
}

/** True when git would cut a tag with these bytes somewhere. */
export function bearsArmor(tag: Uint8Array): boolean {
  return lastArmorAt(tag, 0) !== undefined;
}

/** True when a malformed object holds what might pass for a signature. */
function bearsSignature(type: ObjectType, raw: Uint8Array): boolean {
  if (type === 'tag') return bearsArmor(raw);
  const end = headerEnd(raw);
  // what is over its budget is not searched
  return end === undefined || searchable(raw).subarray(0, end).includes('\ngpgsig');
}

/**
 * Splits a raw object; undefined when git would call it unsigned, and for a malformed one (`verifyObject` says which).
 * `format` is the repository's object format: it decides which header holds the signature.
 */
export function splitSignedObject(
  type: ObjectType,
  raw: Uint8Array,
  format: ObjectFormat,
): SplitObject | undefined {
  try {
    return openObject(type, raw, format).split;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function splitCommit(
  raw: Uint8Array,
  header: ObjectHeader,
  format: ObjectFormat,
): SplitObject | undefined {
  const name = SIGNATURE_HEADERS[format];
  const own = header.signatures[name];
  if (own === undefined) return undefined;
  const signature = unfolded(raw, { start: own.start + name.length + 1, end: own.end });
  return { payload: withoutSignatures(raw, header), signature };
}

function splitTag(raw: Uint8Array, header: ObjectHeader): SplitObject | undefined {
  const at = lastArmorAt(raw, header.end);
  if (at === undefined) return undefined;
  const signature = raw.subarray(at);
  if (signature.length > MAX_SIGNATURE_BYTES) {
    throw new Refusal('object-malformed', `the signature is over ${MAX_SIGNATURE_BYTES} bytes`);
  }
  return { payload: withoutSignatures(raw.subarray(0, at), header), signature };
}

/** A header's value without the spaces that continue its lines. */
function unfolded(raw: Uint8Array, { start, end }: Span): Uint8Array {
  const value = new Uint8Array(end - start);
  let length = 0;
  for (let at = start; at < end; at += 1) {
    const byte = raw[at] ?? 0;
    value[length] = byte;
    length += 1;
    if (byte === NEWLINE) at += 1;
  }
  return value.subarray(0, length);
}

/** An object without its signature headers: what a signature of it covers, but for the body of a signed tag. */
export function withoutSignatures(raw: Uint8Array, { signatures }: ObjectHeader): Uint8Array {
  return without(raw, Object.values(signatures));
}

/** The bytes that stand in none of the spans. */
function without(raw: Uint8Array, spans: readonly Span[]): Uint8Array {
  if (spans.length === 0) return raw;
  const kept: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of [...spans].sort((one, other) => one.start - other.start)) {
    kept.push(raw.subarray(from, start));
    from = end;
  }
  return concat(...kept, raw.subarray(from));
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

/**
 * What git reads from the payload of a signature; undefined for a payload that is neither commit nor tag, such as a
 * file or a push certificate.
 * @throws Refusal `object-malformed`
 */
export function openPayload(payload: Uint8Array): ObjectHeader | undefined {
  const type = typeOf(payload);
  return type && readHeader(type, payload, { form: 'payload' });
}

/**
 * The object with its signature: in a commit the last header before the first blank line, lines folded; in a tag
 * behind its body.
 */
export function joinSignature(
  payload: Uint8Array,
  signature: Uint8Array,
  place: SignatureHeader | 'body',
): Uint8Array {
  if (place === 'body') return concat(payload, signature);
  const at = headerEnd(payload) ?? payload.length;
  const folded = latin1(signature).replace(/\n$/, '').replaceAll('\n', '\n ');
  const header = Buffer.from(`${place} ${folded}\n`, 'latin1');
  return concat(payload.subarray(0, at), header, payload.subarray(at));
}

/** What stands behind the first blank line; nothing where the header is over its budget. */
export function messageOf(raw: Uint8Array): Uint8Array {
  return raw.subarray((headerEnd(raw) ?? raw.length) + 1);
}

/** First line of the message, as text for showing. */
export function subjectLine(raw: Uint8Array): string {
  const message = messageOf(raw);
  const end = message.indexOf(NEWLINE);
  return fromUtf8Lossy(end === -1 ? message : message.subarray(0, end));
}
