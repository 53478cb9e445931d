/**
 * Reads and writes a signed statement as a Sigstore bundle v0.3 with a DSSE envelope (github.com/sigstore/protobuf-specs,
 * sigstore_bundle.proto), strictly: one certificate, one signature, at most one log entry and at most one timestamp. A field
 * that this reader does not know is refused, because evidence must be understood as a whole.
 */

import { fromBase64, toBase64, utf8 } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import { isRecord, type Json } from '../json.ts';
import { logEntryFromRekorV2, logEntryToJson } from '../rekor/log-answer.ts';
import type { TransparencyLogEntry } from '../rekor/log-entry.ts';
import { JsonFault, readStrictJson } from '../strict-json.ts';
import { responseFromToken, tokenFromResponse } from '../tsa/timestamp-info.ts';
import { Refusal } from '../verdict.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { STATEMENT_TYPE } from './envelope.ts';
import { MAX_STATEMENT } from './statement.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** Most bytes of a bundle: the statement in base64, and room for its evidence. */
export const MAX_BUNDLE = Math.ceil(MAX_STATEMENT / 3) * 4 + 256 * 1024;
const MAX_DEPTH = 16;

/** A statement and the evidence for it. Nothing of it is proved. */
export interface StatementBundle {
  readonly payload: Uint8Array;
  /** DER ECDSA, over the pre-authentication encoding. */
  readonly signature: Uint8Array;
  readonly certificate: Certificate;
  readonly entry: TransparencyLogEntry | undefined;
  /** An RFC 3161 token over the signature. */
  readonly timestampToken: Uint8Array | undefined;
}

function malformed(detail: string): Refusal {
  return new Refusal('bundle-malformed', `the bundle is malformed: ${detail}`);
}

function unsupported(detail: string): Refusal {
  return new Refusal('bundle-unsupported', detail);
}

/** The form of a value: a text, a text or number, a list, or an object. A field whose name ends with `?` may be absent. */
type Form = 'text' | 'count' | readonly [Form] | { readonly [name: string]: Form };

const ENTRY: Form = {
  'logIndex?': 'count',
  logId: { keyId: 'text' },
  kindVersion: { kind: 'text', version: 'text' },
  'integratedTime?': 'count',
  'inclusionPromise?': { signedEntryTimestamp: 'text' },
  inclusionProof: {
    'logIndex?': 'count',
    rootHash: 'text',
    treeSize: 'count',
    'hashes?': ['text'],
    checkpoint: { envelope: 'text' },
  },
  canonicalizedBody: 'text',
};

const BUNDLE: Form = {
  mediaType: 'text',
  verificationMaterial: {
    certificate: { rawBytes: 'text' },
    'tlogEntries?': [ENTRY],
    'timestampVerificationData?': { 'rfc3161Timestamps?': [{ signedTimestamp: 'text' }] },
  },
  dsseEnvelope: {
    payload: 'text',
    payloadType: 'text',
    signatures: [{ sig: 'text', 'keyid?': 'text' }],
  },
};

/** Checks the form of a value. @throws Refusal `bundle-malformed` */
function check(value: unknown, form: Form, at: string): void {
  if (form === 'text' || form === 'count') {
    const fits = typeof value === 'string' || (form === 'count' && typeof value === 'number');
    if (!fits) throw malformed(`${at} has a wrong value`);
  } else if (Array.isArray(form)) {
    if (!Array.isArray(value)) throw malformed(`${at} is no list`);
    for (const item of value) check(item, form[0], `${at}[]`);
  } else {
    if (!isRecord(value)) throw malformed(`${at} is no object`);
    const known = new Map(Object.entries(form).map(([name, of]) => [name.replace('?', ''), of]));
    for (const [name, field] of Object.entries(value)) {
      const of = known.get(name);
      if (of === undefined) throw malformed(`${at} has an unknown \`${name.slice(0, 40)}\``);
      check(field, of, `\`${name}\``);
    }
    const missing = Object.keys(form).find(
      (name) => !name.endsWith('?') && !Object.hasOwn(value, name),
    );
    if (missing !== undefined) throw malformed(`${at} has no \`${missing}\``);
  }
}

/** The fields of a bundle whose form was checked. */
interface BundleJson {
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries?: readonly Json[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps?: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[];
  };
}

/**
 * Reads a bundle. Nothing in it is proved.
 * @throws Refusal `bundle-malformed`, `bundle-unsupported` for a bundle of another form, `certificate-malformed`,
 * `log-entry-malformed`, `timestamp-invalid`
 */
export function readBundle(bytes: Uint8Array): StatementBundle {
  const json = readJson(bytes);
  refuseOtherForms(json);
  check(json, BUNDLE, 'it');
  const { verificationMaterial: material, dsseEnvelope: envelope } = json as unknown as BundleJson;
  const { certificate, tlogEntries = [], timestampVerificationData: stamps } = material;
  const { rfc3161Timestamps: timestamps = [] } = stamps ?? {};
  const [signature, second] = envelope.signatures;
  if (signature === undefined) throw malformed('it has no signature');
  // a second one could be of another signer, over another log entry
  if (second !== undefined) throw unsupported('the bundle has several signatures');
  if (tlogEntries.length > 1) throw unsupported('the bundle has several log entries');
  if (timestamps.length > 1) throw unsupported('the bundle has several timestamps');
  // nothing signs the name of a key, and the certificate says which key it is
  if ((signature.keyid ?? '') !== '')
    throw unsupported('the bundle names a key beside its certificate');
  if (envelope.payloadType !== STATEMENT_TYPE) {
    throw unsupported('the bundle signs something else than an in-toto statement');
  }
  const [entry] = tlogEntries;
  const [timestamp] = timestamps;
  return {
    payload: base64(envelope.payload, 'payload'),
    signature: base64(signature.sig, 'sig'),
    certificate: readLeaf(base64(certificate.rawBytes, 'rawBytes')),
    entry: entry && logEntryFromRekorV2(entry),
    timestampToken: timestamp && readTimestamp(timestamp.signedTimestamp),
  };
}

function readJson(bytes: Uint8Array): Json {
  try {
    const json = readStrictJson(bytes, { maxBytes: MAX_BUNDLE, maxDepth: MAX_DEPTH });
    if (isRecord(json)) return json;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw malformed(error.message);
  }
  throw malformed('it is no object');
}

/** Refuses the forms that Sigstore knows besides. They may be honest, so they are undecided. @throws Refusal `bundle-unsupported` */
function refuseOtherForms({ mediaType, verificationMaterial, messageSignature }: Json): void {
  if (mediaType !== MEDIA_TYPE) throw unsupported(`the bundle is not of the type ${MEDIA_TYPE}`);
  if (messageSignature !== undefined) throw unsupported('the bundle signs a file and no statement');
  if (!isRecord(verificationMaterial)) return;
  if (verificationMaterial['publicKey'] !== undefined)
    throw unsupported('the bundle is signed by a bare key');
}

function base64(text: string, what: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined || bytes.length === 0) throw malformed(`\`${what}\` is no base64`);
  return bytes;
}

function readLeaf(der: Uint8Array): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('certificate-malformed', error.message);
    throw error;
  }
}

function readTimestamp(text: string): Uint8Array {
  try {
    return tokenFromResponse(base64(text, 'signedTimestamp'));
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('timestamp-invalid', error.message);
    throw error;
  }
}

/** Returns the envelope of a statement, as JSON. */
export function envelopeJson(payload: Uint8Array, signature: Uint8Array): Json {
  return {
    payload: toBase64(payload),
    payloadType: STATEMENT_TYPE,
    signatures: [{ sig: toBase64(signature) }],
  };
}

/** A signed statement to be written, with the canonical body of its log entry. */
export interface BundleParts extends Omit<StatementBundle, 'certificate'> {
  readonly certificateDer: Uint8Array;
}

/** Writes a bundle. A log entry must have its canonical body. */
export function writeBundle(parts: BundleParts): Uint8Array {
  const { payload, signature, certificateDer, entry, timestampToken: token } = parts;
  const body = entry?.canonicalizedBody ?? new Uint8Array();
  const stamps = token && [{ signedTimestamp: toBase64(responseFromToken(token)) }];
  return utf8(
    JSON.stringify({
      mediaType: MEDIA_TYPE,
      verificationMaterial: {
        certificate: { rawBytes: toBase64(certificateDer) },
        tlogEntries: entry === undefined ? [] : [logEntryToJson(entry, body)],
        timestampVerificationData: stamps && { rfc3161Timestamps: stamps },
      },
      dsseEnvelope: envelopeJson(payload, signature),
    }),
  );
}

/** Returns a bundle of `writeBundle` without its statement, to be sent to a program that has the statement. */
export function withoutStatement(bundle: string): string {
  return withPayload(bundle, '') ?? '';
}

/** Returns a bundle with this statement in place of its own. Returns undefined for a text that is no bundle. Nothing is checked. */
export function withStatement(bundle: string, statement: Uint8Array): string | undefined {
  return withPayload(bundle, toBase64(statement));
}

function withPayload(bundle: string, payload: string): string | undefined {
  try {
    const json: unknown = JSON.parse(bundle);
    if (!isRecord(json) || !isRecord(json['dsseEnvelope'])) return undefined;
    return JSON.stringify({ ...json, dsseEnvelope: { ...json['dsseEnvelope'], payload } });
  } catch {
    return undefined;
  }
}
