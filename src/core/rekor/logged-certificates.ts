/**
 * Finds the certificates in a log entry of any kind. Each kind keeps them in another place (hashedrekord, dsse, intoto,
 * rekord), as DER in base64 or as PEM in base64, so every text of the entry is looked at. Nothing is proved here.
 */

import { fromBase64, fromHex, fromUtf8, latin1, toHex } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import { isRecord, type Json } from '../json.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';

/** What an entry says of itself, and the certificates in it. */
export interface LoggedStatement {
  /** Kind and version: `hashedrekord 0.0.1`. */
  readonly kind: string;
  /** Hex digest of the signed data, for the kinds that name it. */
  readonly digest?: string;
  /** Hex SHA-256 of the DSSE envelope with its signatures, for `dsse 0.0.1` and `intoto 0.0.1`. */
  readonly envelope?: string;
  readonly certificates: readonly Certificate[];
}

/** The shortest base64 that can hold a certificate. */
const SHORTEST = 200;
const BASE64 = /[A-Za-z0-9+/]{200,}={0,2}/g;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
/** intoto entries hold PEM in base64 in base64. */
const MAX_DEPTH = 3;
const MAX_LAYERS = 64;
const DER_SEQUENCE = 0x30;

/**
 * Yields the bytes that a text hides: what its base64 and its PEM decode to, and what that hides in turn. A text with
 * more than 64 such parts yields the first ones.
 */
export function* hiddenBytes(text: string, depth = 1): Generator<Uint8Array> {
  let left = MAX_LAYERS;
  for (const [, lines = ''] of text.matchAll(PEM)) {
    if (left-- === 0) return;
    const der = fromBase64(lines.replaceAll(/\s/g, ''));
    if (der !== undefined) yield der;
  }
  for (const [base64] of text.matchAll(BASE64)) {
    if (left-- === 0) return;
    const bytes = fromBase64(base64);
    if (bytes === undefined) continue;
    yield bytes;
    if (depth < MAX_DEPTH && bytes[0] !== DER_SEQUENCE && bytes.length >= SHORTEST)
      yield* hiddenBytes(latin1(bytes), depth + 1);
  }
}

function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    value,
  );
}

/** Reads the digest of a hashedrekord, which both versions spell in their own way. */
function digestOf({ spec }: Json): string | undefined {
  const first = field(spec, 'data', 'hash', 'value');
  if (typeof first === 'string') return fromHex(first) && first.toLowerCase();
  const second = field(spec, 'hashedRekordV002', 'data', 'digest');
  const bytes = typeof second === 'string' ? fromBase64(second) : undefined;
  return bytes && toHex(bytes);
}

/** Where a kind names the hash of the envelope, as the client sent it. */
const ENVELOPE_HASHES: ReadonlyMap<string, readonly string[]> = new Map([
  ['dsse 0.0.1', ['envelopeHash']],
  ['intoto 0.0.1', ['content', 'hash']],
]);

function envelopeOf(kind: string, { spec }: Json): string | undefined {
  const path = ENVELOPE_HASHES.get(kind);
  const hash = path && field(spec, ...path);
  const value = field(hash, 'value');
  if (field(hash, 'algorithm') !== 'sha256' || typeof value !== 'string') return undefined;
  return fromHex(value) && value.toLowerCase();
}

/** Reads an entry. Returns undefined if it is not JSON with a kind and a version. */
export function readStatement(body: Uint8Array): LoggedStatement | undefined {
  const text = fromUtf8(body);
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  const [name, version] = [field(json, 'kind'), field(json, 'apiVersion')];
  if (!isRecord(json) || typeof name !== 'string' || typeof version !== 'string') return undefined;
  const kind = `${name} ${version}`;
  const [digest, envelope] = [digestOf(json), envelopeOf(kind, json)];
  const certificates: Certificate[] = [];
  for (const bytes of hiddenBytes(text ?? '')) {
    const certificate = bytes[0] === DER_SEQUENCE ? certificateOf(bytes) : undefined;
    if (certificate !== undefined) certificates.push(certificate);
  }
  const about = {
    ...(digest === undefined ? {} : { digest }),
    ...(envelope === undefined ? {} : { envelope }),
  };
  return { kind, ...about, certificates };
}

function certificateOf(der: Uint8Array): Certificate | undefined {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
