/**
 * Reads a DER certificate (RFC 5280 §4.1) strictly, and keeps views into its bytes.
 * Reading proves nothing. certification-path.ts proves it.
 */

import { equal, toBase64Lines, toHex } from '../bytes.ts';
import {
  children,
  contextConstructed,
  cursor,
  DerError,
  type DerNode,
  expect,
  expectDer,
  readBitString,
  readBoolean,
  readIntegerBytes,
  readOid,
  readSmallInteger,
  readTime,
  Tag,
} from '../cms/der.ts';
import type { Crypto, HashAlgorithm, PublicKey } from '../crypto.ts';
import { recent } from '../remembered.ts';
import type { CertificateSummary } from '../verdict.ts';
import { readPublicKey, readSignatureAlgorithm } from './algorithms.ts';

export interface Extension {
  readonly critical: boolean;
  /** Content of extnValue, which is the DER of the extension itself. */
  readonly value: Uint8Array;
}

export interface Certificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  /** Content octets of the serial number. */
  readonly serial: Uint8Array;
  /** DER of the names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Unix seconds, inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Undefined if this program does not verify with keys of this kind. */
  readonly publicKey: PublicKey | undefined;
  /** Hash of the signature over `tbs`. Undefined for algorithms that are not on the allow-list. */
  readonly signatureHash: HashAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly extensions: ReadonlyMap<string, Extension>;
}

export const ExtensionOid = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  sctList: '1.3.6.1.4.1.11129.2.4.2',
} as const;

const MAX_CERTIFICATE = 32 * 1024;

/** Reads one DER certificate. @throws DerError if it is none, or over 32 KiB */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CERTIFICATE) throw new DerError('certificate over 32 KiB');
  const outer = cursor(expectDer(der, Tag.sequence), 3);
  const tbs = outer.next(Tag.sequence);
  const algorithm = outer.next(Tag.sequence);
  const signature = readBitString(outer.next(Tag.bitString));
  outer.end();
  const fields = cursor(tbs, 16);
  const version = cursor(fields.next(contextConstructed(0)), 1).next(Tag.integer);
  if (readSmallInteger(version) !== 2) throw new DerError('not a version 3 certificate');
  const serial = readIntegerBytes(fields.next(Tag.integer));
  const innerAlgorithm = fields.next(Tag.sequence);
  // both fields must contain the same algorithm identifier (RFC 5280 §4.1.1.2)
  if (!equal(innerAlgorithm.raw, algorithm.raw)) throw new DerError('two signature algorithms');
  const issuer = fields.next(Tag.sequence).raw;
  const validity = cursor(fields.next(Tag.sequence), 2);
  const notBefore = readTime(validity.any());
  const notAfter = readTime(validity.any());
  const subject = fields.next(Tag.sequence).raw;
  const spki = fields.next(Tag.sequence).raw;
  const extensions = readExtensions(fields.next(contextConstructed(3)));
  fields.end();
  return {
    der,
    tbs: tbs.raw,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    publicKey: readPublicKey(spki),
    signatureHash: readSignatureAlgorithm(algorithm),
    signature,
    extensions,
  };
}

const trusted = new WeakMap<Uint8Array, Certificate>();

/** Reads a certificate of a trust root, and remembers it, because its bytes never change. @throws DerError */
export function readTrustedCertificate(der: Uint8Array): Certificate {
  const known = trusted.get(der);
  if (known !== undefined) return known;
  const certificate = readCertificate(der);
  trusted.set(der, certificate);
  return certificate;
}

const shared: Certificate[] = [];

/** Reads a certificate of a signature, unless one of the last few had exactly these bytes. @throws DerError */
export function readSharedCertificate(der: Uint8Array): Certificate {
  return recent(
    shared,
    (known) => equal(known.der, der),
    // a view would keep the whole signature in memory
    () => readCertificate(new Uint8Array(der)),
  );
}

function readExtensions(node: DerNode): ReadonlyMap<string, Extension> {
  const list = cursor(node, 1).next(Tag.sequence);
  const extensions = new Map<string, Extension>();
  for (const item of children(list)) {
    const fields = cursor(expect(item, Tag.sequence), 3);
    const oid = readOid(fields.next(Tag.oid));
    const flag = fields.optional(Tag.boolean);
    if (flag !== undefined && !readBoolean(flag)) throw new DerError('default value encoded');
    const value = fields.next(Tag.octetString).content;
    fields.end();
    // an extension must not occur twice (RFC 5280 §4.2)
    if (extensions.has(oid)) throw new DerError(`extension ${oid} twice`);
    extensions.set(oid, { critical: flag !== undefined, value });
  }
  return extensions;
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

/** Reads the basic constraints (RFC 5280 §4.2.1.9). Returns undefined if they are absent. @throws DerError */
export function basicConstraints(certificate: Certificate): BasicConstraints | undefined {
  const extension = certificate.extensions.get(ExtensionOid.basicConstraints);
  if (extension === undefined) return undefined;
  const fields = cursor(expectDer(extension.value, Tag.sequence), 2);
  const flag = fields.optional(Tag.boolean);
  const ca = flag !== undefined && readBoolean(flag);
  const limit = fields.optional(Tag.integer);
  fields.end();
  return limit === undefined ? { ca } : { ca, pathLength: readSmallInteger(limit) };
}

/** Returns the first octet of the key usage bits, most significant first: 0x80 digitalSignature, 0x04 keyCertSign. @throws DerError */
export function keyUsage(certificate: Certificate): number | undefined {
  const extension = certificate.extensions.get(ExtensionOid.keyUsage);
  if (extension === undefined) return undefined;
  const { content } = expectDer(extension.value, Tag.bitString);
  const [unused, bits] = content;
  if (unused === undefined || unused > 7 || content.length > 3)
    throw new DerError('malformed key usage');
  return bits ?? 0;
}

/** Returns the object identifiers of the extended key usage, or undefined if it is absent. @throws DerError */
export function extendedKeyUsage(certificate: Certificate): readonly string[] | undefined {
  const extension = certificate.extensions.get(ExtensionOid.extendedKeyUsage);
  return extension && children(expectDer(extension.value, Tag.sequence)).map(readOid);
}

/** Returns the subject or authority key identifier in hex, or undefined if it is absent. @throws DerError */
export function keyIdentifier(
  certificate: Certificate,
  of: 'subject' | 'authority',
): string | undefined {
  if (of === 'subject') {
    const own = certificate.extensions.get(ExtensionOid.subjectKeyIdentifier);
    return own && toHex(expectDer(own.value, Tag.octetString).content);
  }
  const issuers = certificate.extensions.get(ExtensionOid.authorityKeyIdentifier);
  if (issuers === undefined) return undefined;
  const id = children(expectDer(issuers.value, Tag.sequence)).find((field) => field.tag === 0x80);
  return id && toHex(id.content);
}

/** Returns digests and dates for results. */
export function summarize(certificate: Certificate, crypto: Crypto): CertificateSummary {
  return {
    sha1: toHex(crypto.hash('sha1', certificate.der)),
    sha256: toHex(crypto.hash('sha256', certificate.der)),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

/** Returns PEM with 64 columns and a final newline, as Go writes it and Rekor logs it. */
export function certificatePem(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE-----\n${toBase64Lines(der)}\n-----END CERTIFICATE-----\n`;
}
