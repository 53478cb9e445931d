/**
 * Checks signed certificate timestamps embedded in a leaf (RFC 6962 §3.2–3.3). They prove that a CT log has promised to
 * publish the certificate. Each is checked over the precertificate that is rebuilt from the leaf's own bytes.
 */

import { concat, toHex } from '../bytes.ts';
import {
  children,
  contextConstructed,
  cursor,
  DerError,
  type DerNode,
  expectDer,
  readOid,
  Tag,
} from '../cms/der.ts';
import { encode } from '../cms/der-writer.ts';
import type { Crypto } from '../crypto.ts';
import type { TrustedLog } from '../trust/trust-material.ts';
import { Refusal } from '../verdict.ts';
import { type Certificate, ExtensionOid } from '../x509/certificate.ts';
import { within } from '../x509/certification-path.ts';
import { signatureHolds } from '../x509/signature.ts';

export interface SignedCertificateTimestamp {
  /** Lower-case hex. */
  readonly logId: string;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly extensions: Uint8Array;
  readonly hashAlgorithm: number;
  readonly signatureAlgorithm: number;
  readonly signature: Uint8Array;
}

const SHA256 = 4;
const ECDSA = 3;
const MAX_SCTS = 16;

function uint(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw new DerError('truncated SCT');
  let value = 0;
  for (let i = 0; i < size; i += 1) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function block(bytes: Uint8Array, at: number): Uint8Array {
  const size = uint(bytes, at, 2);
  if (at + 2 + size > bytes.length) throw new DerError('truncated SCT');
  return bytes.subarray(at + 2, at + 2 + size);
}

function readSct(bytes: Uint8Array): SignedCertificateTimestamp {
  if (bytes[0] !== 0) throw new DerError('SCT of unknown version');
  const extensions = block(bytes, 41);
  const at = 43 + extensions.length;
  const signature = block(bytes, at + 2);
  if (at + 4 + signature.length !== bytes.length) throw new DerError('bytes after the SCT');
  return {
    logId: toHex(bytes.subarray(1, 33)),
    timestamp: uint(bytes, 33, 8),
    extensions,
    hashAlgorithm: uint(bytes, at, 1),
    signatureAlgorithm: uint(bytes, at + 1, 1),
    signature,
  };
}

/** Reads the SCT list of a leaf. It is empty if there is none. @throws DerError if the list is malformed */
export function readSctList(certificate: Certificate): readonly SignedCertificateTimestamp[] {
  const extension = certificate.extensions.get(ExtensionOid.sctList);
  if (extension === undefined) return [];
  const tls = expectDer(extension.value, Tag.octetString).content;
  const list = block(tls, 0);
  if (list.length + 2 !== tls.length) throw new DerError('bytes after the SCT list');
  const scts: SignedCertificateTimestamp[] = [];
  for (let at = 0; at < list.length; ) {
    if (scts.length === MAX_SCTS) throw new DerError('too many SCTs');
    const sct = block(list, at);
    scts.push(readSct(sct));
    at += 2 + sct.length;
  }
  return scts;
}

/** Returns the TBSCertificate without its SCT list, which the log signed (RFC 6962 §3.2). @throws DerError */
export function precertificateTbs(certificate: Certificate): Uint8Array {
  const isSctList = (item: DerNode): boolean => {
    const [oid] = children(item);
    return oid !== undefined && readOid(oid) === ExtensionOid.sctList;
  };
  const fields = children(expectDer(certificate.tbs, Tag.sequence)).map((field) => {
    if (field.tag !== contextConstructed(3)) return field.raw;
    const kept = children(cursor(field, 1).next(Tag.sequence)).filter((item) => !isSctList(item));
    return encode(contextConstructed(3), encode(Tag.sequence, ...kept.map((item) => item.raw)));
  });
  return encode(Tag.sequence, ...fields);
}

function bigEndian(value: number, size: number): Uint8Array {
  const out = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; i -= 1, rest = Math.floor(rest / 256))
    out[i] = rest % 256;
  return out;
}

/** Returns the `digitally-signed` bytes of an SCT over a precert_entry (RFC 6962 §3.2). */
export function sctSignedData(
  sct: Pick<SignedCertificateTimestamp, 'timestamp' | 'extensions'>,
  issuerKeyHash: Uint8Array,
  tbs: Uint8Array,
): Uint8Array {
  return concat(
    Uint8Array.of(0, 0),
    bigEndian(sct.timestamp, 8),
    Uint8Array.of(0, 1),
    issuerKeyHash,
    bigEndian(tbs.length, 3),
    tbs,
    bigEndian(sct.extensions.length, 2),
    sct.extensions,
  );
}

async function sctHolds(
  sct: SignedCertificateTimestamp,
  log: TrustedLog,
  signed: Uint8Array,
  crypto: Crypto,
): Promise<boolean> {
  if (sct.hashAlgorithm !== SHA256 || sct.signatureAlgorithm !== ECDSA) return false;
  return signatureHolds(crypto, log.key, 'sha256', signed, sct.signature);
}

/**
 * Checks that at least one SCT is by a trusted log within that log's dates, and that no SCT of a trusted log is wrong.
 * One SCT is enough, and two by one log count once.
 * @throws Refusal `sct-missing`, `sct-invalid`, `no-trust-material`
 */
export async function checkScts(
  leaf: Certificate,
  issuer: Certificate,
  logs: readonly TrustedLog[],
  crypto: Crypto,
): Promise<void> {
  const scts = readSctListOrRefuse(leaf);
  if (scts.length === 0)
    throw new Refusal('sct-missing', 'the certificate holds no signed certificate timestamp');
  if (logs.length === 0)
    throw new Refusal('no-trust-material', 'the trust root names no certificate transparency log');
  const tbs = precertificateTbs(leaf);
  const issuerKeyHash = crypto.hash('sha256', issuer.spki);
  let good = 0;
  for (const sct of scts) {
    const log = logs.find(
      ({ id, validFor }) => id === sct.logId && within(validFor, Math.floor(sct.timestamp / 1000)),
    );
    if (log === undefined) continue;
    if (!(await sctHolds(sct, log, sctSignedData(sct, issuerKeyHash, tbs), crypto))) {
      throw new Refusal(
        'sct-invalid',
        `the signed certificate timestamp of log ${sct.logId.slice(0, 16)} does not verify`,
      );
    }
    good += 1;
  }
  if (good === 0)
    throw new Refusal('sct-invalid', 'no signed certificate timestamp is by a trusted log');
}

function readSctListOrRefuse(leaf: Certificate): readonly SignedCertificateTimestamp[] {
  try {
    return readSctList(leaf);
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('sct-invalid', error.message);
    throw error;
  }
}
