/**
 * Splits a raw commit or tag into payload and signature, exactly as git does (commit.c parse_buffer_signed_by_header,
 * gpg-interface.c parse_signature, commit.c remove_signature). Bytes are cut, never decoded and written again, because
 * GHSA-7rmh-48mx-2vwc came from such a re-encoding.
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
import { claimsStatement, payloadKind } from './payload-kind.ts';
import { type PushCertificate, readPushCertificate } from './push-certificate.ts';

export type { ObjectFormat, ObjectType } from './header.ts';
export { typeOf as payloadType } from './header.ts';

export interface SplitObject {
  /** The object without its signature, which the signature covers. */
  readonly payload: Uint8Array;
  /** The signature as git gives it to its program. */
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

/** Returns the kind of signature that begins at `at`. */
export function signatureKind(signature: Uint8Array, at = 0): SignatureKind {
  return ARMORS.find(([armor]) => standsAt(signature, at, armor))?.[1] ?? 'unknown';
}

/** Returns the same bytes as a Buffer, which can search for several bytes at once. */
function searchable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Returns the start of the last line behind `from` that opens an armor, because git takes the last. Undefined if there is none. */
function lastArmorAt(bytes: Uint8Array, from: number): number | undefined {
  const buffer = searchable(bytes);
  let last = from;
  for (const [armor] of ARMORS) {
    // the search goes on behind each find, because the last one counts
    const at = buffer.subarray(last).lastIndexOf(`\n${armor}`);
    if (at !== -1) last += at + 1;
  }
  return last === from ? undefined : last;
}

/** An object that git reads in one way only, with its payload and signature. */
export interface OpenedObject {
  readonly header: ObjectHeader;
  /** Undefined if git would call it unsigned. */
  readonly split: SplitObject | undefined;
}

/**
 * Reads a raw object and cuts its signature out. git must read the same from the object and from the payload, because a
 * signature proves nothing about an object that git reads in another way (threat G19). `format` is the repository's object
 * format. It decides which header holds the signature.
 * @throws Refusal `object-malformed`, or `unsigned` for a malformed object without a signature, which history may hold
 */
export function openObject(type: ObjectType, raw: Uint8Array, format: ObjectFormat): OpenedObject {
  const header = readStored(type, raw, format);
  const split = header.type === 'commit' ? splitCommit(raw, header, format) : splitTag(raw, header);
  if (split === undefined) return { header, split };
  if (!readsEqual(header, readHeader(type, split.payload, { format, form: 'payload' }))) {
    throw new Refusal('object-malformed', 'git would read another object than the signed one');
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

/** Returns true if git would cut a signature out of a tag with these bytes. */
export function bearsArmor(tag: Uint8Array): boolean {
  return lastArmorAt(tag, 0) !== undefined;
}

/** Returns true if a malformed object holds anything that might pass for a signature. */
function bearsSignature(type: ObjectType, raw: Uint8Array): boolean {
  if (type === 'tag') return bearsArmor(raw);
  const end = headerEnd(raw);
  // a header that is too long is not searched
  return end === undefined || searchable(raw).subarray(0, end).includes('\ngpgsig');
}

/**
 * Splits a raw object. Returns undefined if git would call it unsigned, or if it is malformed (`verifyObject` tells
 * which). `format` is the repository's object format. It decides which header holds the signature.
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

/** Splits the blob of a push certificate as git's server does. Returns undefined if it has no signature. */
export function splitPushCertificate(blob: Uint8Array): SplitObject | undefined {
  const at = lastArmorAt(blob, 0);
  return at === undefined
    ? undefined
    : { payload: blob.subarray(0, at), signature: blob.subarray(at) };
}

/** Returns a header's value without the spaces that begin its continuation lines. */
export function unfolded(raw: Uint8Array, { start, end }: Span): Uint8Array {
  const folded = latin1(raw.subarray(start, end));
  return Buffer.from(folded.replaceAll('\n ', '\n'), 'latin1');
}

/** Returns an object without its signature headers. A signature covers this, except in a tag with its signature in the body. */
export function withoutSignatures(raw: Uint8Array, { signatures }: ObjectHeader): Uint8Array {
  return without(raw, Object.values(signatures));
}

/** Returns the bytes outside of the spans. */
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

/** Returns the object's name: the hash over `<type> <size>\0<raw>`, in lower-case hex. */
export function objectId(
  crypto: Crypto,
  type: string,
  raw: Uint8Array,
  format: ObjectFormat,
): string {
  return toHex(crypto.hash(format, utf8(`${type} ${raw.length}\0`), raw));
}

/**
 * Reads the payload of a signature: the header of a commit or tag, or a push certificate. Returns undefined for any other
 * payload, such as a file.
 * @throws Refusal `object-malformed`, or `statement-malformed` for a statement, which is never signed in this form (threat A1)
 */
export function openPayload(payload: Uint8Array): ObjectHeader | PushCertificate | undefined {
  const kind = payloadKind(payload);
  if (kind === 'push') return readPushCertificate(payload);
  if (kind === undefined || kind === 'statement') {
    if (!claimsStatement(payload)) return undefined;
    throw new Refusal('statement-malformed', 'a statement is signed in an envelope, and not alone');
  }
  return readHeader(kind, payload, { form: 'payload' });
}

/**
 * Returns the object with its signature. In a commit it is the last header before the first blank line, with folded
 * lines. In a tag it follows the body.
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

/** Returns the bytes behind the first blank line, or none if the header is too long. */
export function messageOf(raw: Uint8Array): Uint8Array {
  return raw.subarray((headerEnd(raw) ?? raw.length) + 1);
}

/** Returns the first line of the message, as text for display. */
export function subjectLine(raw: Uint8Array): string {
  const message = messageOf(raw);
  const end = message.indexOf(NEWLINE);
  return fromUtf8Lossy(end === -1 ? message : message.subarray(0, end));
}
