/**
 * Binds a log entry to one signature and one certificate. The body that the log hashed is rebuilt from them and never
 * trusted, so an entry about anything else cannot lead to the proof's root.
 */

import { equal, fromBase64, fromHex, fromUtf8, toHex, utf8 } from '../bytes.ts';
import { expect, Tag } from '../cms/der.ts';
import { type Attribute, CmsOid, singleValue } from '../cms/signed-data.ts';
import type { Crypto } from '../crypto.ts';
import type { SignedBytes } from '../signed-bytes.ts';
import { type LogEntrySummary, Refusal } from '../verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import { signatureHolds } from '../x509/signature.ts';
import { provesBody } from './inclusion.ts';
import {
  decodeLogEntry,
  dsseV001Body,
  hashedRekordV001Body,
  hashedRekordV002Body,
  type TransparencyLogEntry,
} from './log-entry.ts';

const SIGSTORE_ATTRIBUTES = '1.3.6.1.4.1.57264.3.';

/** An entry and its logged body, both bound to this signature and certificate. */
export interface BoundEntry {
  readonly entry: TransparencyLogEntry;
  readonly body: Uint8Array;
}

/** Returns the embedded log entry, or undefined if there is none. @throws Refusal `log-entry-malformed`, `log-entry-unsupported` */
export function embeddedEntry(attributes: readonly Attribute[]): TransparencyLogEntry | undefined {
  const ours = attributes.filter(({ oid }) => oid.startsWith(SIGSTORE_ATTRIBUTES));
  if (ours.length === 0) return undefined;
  // development builds of January 2023 wrote the entry as nine attributes
  if (ours.some(({ oid }) => oid !== CmsOid.transparencyLogEntry)) {
    throw new Refusal(
      'log-entry-unsupported',
      'the log entry has a form that only early development builds wrote',
    );
  }
  const value = singleValue(ours, CmsOid.transparencyLogEntry);
  if (value?.tag !== Tag.octetString)
    throw new Refusal('log-entry-unsupported', 'the log entry has an unknown form');
  return decodeLogEntry(expect(value, Tag.octetString).content);
}

/**
 * Binds an embedded entry. The canonical body is rebuilt from this signature and this certificate, so an entry about
 * anything else cannot lead to the proof's root (CVE-2022-36056 and others). gitsign stores entries of Rekor v2 under the
 * kind version of v1, so both bodies are tried.
 * @throws Refusal `log-entry-unsupported`, `log-entry-malformed`, `log-entry-mismatch`
 */
export function bindEmbeddedEntry(
  entry: TransparencyLogEntry,
  { signedBytes, signature, certificate }: SignedBytes,
  crypto: Crypto,
): BoundEntry {
  const known = entry.kind === 'hashedrekord' && ['0.0.1', '0.0.2'].includes(entry.version);
  if (!known) {
    throw new Refusal(
      'log-entry-unsupported',
      `a log entry of kind ${entry.kind} ${entry.version}`,
    );
  }
  const { inclusionProof: proof } = entry;
  if (proof === undefined)
    throw new Refusal('inclusion-proof-invalid', 'the log entry has no inclusion proof');
  const record = {
    digest: crypto.hash('sha256', signedBytes),
    signature,
    certificateDer: certificate.der,
  };
  const bodies =
    entry.version === '0.0.2'
      ? [hashedRekordV002Body(record)]
      : [hashedRekordV001Body(record), hashedRekordV002Body(record)];
  const body = bodies.find((candidate) => provesBody(crypto, proof, candidate));
  const stored = entry.canonicalizedBody;
  if (body === undefined || (stored !== undefined && !equal(stored, body))) {
    throw new Refusal('log-entry-mismatch', 'the log entry is not about this signature');
  }
  return { entry, body };
}

/**
 * Returns the body that a dsse entry of Rekor v1 must have if it is about this statement. It is rebuilt from the payload,
 * the signature and the certificate. Only the digest of the envelope's text is taken from the stored body, because a bundle
 * does not keep that text. It says nothing that the rest does not say.
 */
export function dsseBody(
  { canonicalizedBody: stored }: TransparencyLogEntry,
  payload: Uint8Array,
  { signature, certificate }: SignedBytes,
  crypto: Crypto,
): Uint8Array {
  const [, hex = ''] =
    /"envelopeHash":\{"algorithm":"sha256","value":"([0-9a-f]{64})"\}/.exec(
      fromUtf8(stored ?? new Uint8Array()) ?? '',
    ) ?? [];
  return dsseV001Body({
    envelopeDigest: fromHex(hex) ?? new Uint8Array(),
    payloadDigest: crypto.hash('sha256', payload),
    ...{ signature, certificateDer: certificate.der },
  });
}

/**
 * Binds a dsse entry of Rekor v1, by which other programs log envelopes, to a statement with its signature.
 * @throws Refusal `log-entry-malformed`, `log-entry-mismatch`, `inclusion-proof-invalid`
 */
export function bindDsseEntry(
  entry: TransparencyLogEntry,
  payload: Uint8Array,
  signed: SignedBytes,
  crypto: Crypto,
): BoundEntry {
  const { inclusionProof: proof, canonicalizedBody: stored } = entry;
  if (proof === undefined)
    throw new Refusal('inclusion-proof-invalid', 'the log entry has no inclusion proof');
  const body = dsseBody(entry, payload, signed, crypto);
  if (stored === undefined || !equal(stored, body) || !provesBody(crypto, proof, body)) {
    throw new Refusal('log-entry-mismatch', 'the log entry is not about this signature');
  }
  return { entry, body };
}

/**
 * Binds an entry that was looked up. It must be about one of these object names, by this certificate, and its signature
 * over the name must verify. The search also finds entries of other objects (GHSA-8pmp-678w-c8xx).
 * @throws Refusal `log-entry-mismatch`, `inclusion-proof-invalid`
 */
export async function bindFoundEntry(
  entry: TransparencyLogEntry,
  certificate: Certificate,
  objectIds: readonly string[],
  crypto: Crypto,
): Promise<BoundEntry> {
  const { canonicalizedBody: body, inclusionProof: proof } = entry;
  const signature = body === undefined ? undefined : bodySignature(body);
  const { publicKey: key } = certificate;
  if (body === undefined || signature === undefined || key === undefined) {
    throw new Refusal('log-entry-mismatch', 'the log entry found is not about this object');
  }
  for (const id of objectIds) {
    const name = utf8(id);
    const record = {
      digest: crypto.hash('sha256', name),
      signature,
      certificateDer: certificate.der,
    };
    if (!equal(hashedRekordV001Body(record), body)) continue;
    if (!(await signatureHolds(crypto, key, 'sha256', name, signature))) continue;
    if (proof === undefined || !provesBody(crypto, proof, body)) {
      throw new Refusal('inclusion-proof-invalid', 'the inclusion proof is not of this entry');
    }
    return { entry, body };
  }
  throw new Refusal('log-entry-mismatch', 'the log entry found is not about this object');
}

/** Returns the signature inside a hashedrekord body. The body itself is compared byte for byte afterwards. */
function bodySignature(body: Uint8Array): Uint8Array | undefined {
  const match = /"signature":\{"content":"([A-Za-z0-9+/=]{1,200})"/.exec(fromUtf8(body) ?? '');
  return match?.[1] === undefined ? undefined : fromBase64(match[1]);
}

/** Returns the summary of the entry for a verdict, with `integratedTime` if the log vouches for it. */
export function summarizeEntry(
  { entry, body }: BoundEntry,
  integratedTime: number | undefined,
): LogEntrySummary {
  const second = equal(body.subarray(0, 22), utf8('{"apiVersion":"0.0.2",'));
  const dsse = equal(body.subarray(0, 36), utf8('{"apiVersion":"0.0.1","kind":"dsse",'));
  return {
    logId: toHex(entry.logId),
    logIndex: String(entry.logIndex),
    kindVersion: `${dsse ? 'dsse' : 'hashedrekord'} ${second ? '0.0.2' : '0.0.1'}`,
    integratedTime,
  };
}
