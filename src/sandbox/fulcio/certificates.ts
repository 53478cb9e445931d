/**
 * Certificates of authorities (RFC 5280), written by `@peculiar/x509`: the core reads what another author wrote. The
 * library throws unless the reflection polyfill is loaded before it, so only this module imports it and the others
 * take its classes from here.
 */

import 'reflect-metadata';
import { createHash, type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  type Extension,
  Name,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { type BitString, fromBER, type Sequence } from 'asn1js';
import { spkiOf } from '../rekor/signed-note.ts';

export {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
} from '@peculiar/x509';

/** What tells certificate authorities apart. */
export interface AuthorityName {
  readonly organization: string;
  readonly commonName: string;
}

export interface CertificateAuthority {
  readonly name: AuthorityName;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly signingKey: webcrypto.CryptoKey;
  /** DER. */
  readonly certificate: Buffer;
}

/** What an authority signs with: a name in a certificate, and a key. */
export interface CertificateIssuer extends Pick<CertificateAuthority, 'publicKey' | 'signingKey'> {
  readonly subject: Name;
}

export interface CertificateFields {
  readonly subject: Name;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** Unix seconds, both ends inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Extension[];
}

const CURVES: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384' };
const HASHES: Readonly<Record<string, string>> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' };

/** Turns an ECDSA private key into the form in which the library signs with it. */
export function signingKeyOf(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? '';
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const algorithm = { name: 'ECDSA', namedCurve };
  return webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
}

/** Returns the issuer that an authority's certificate names, spelt as it is there. */
export function issuerOf(authority: CertificateAuthority): CertificateIssuer {
  const { certificate, publicKey, signingKey } = authority;
  return { publicKey, signingKey, subject: new X509Certificate(certificate).subjectName };
}

/** Encodes organization and common name as UTF8String each. */
export function distinguishedName({ organization, commonName }: AuthorityName): Name {
  return new Name([{ O: [{ utf8String: organization }] }, { CN: [{ utf8String: commonName }] }]);
}

/** Issues a certificate, signed with ECDSA and the hash that fits the issuer's curve. */
export async function issueCertificate(
  issuer: CertificateIssuer,
  request: CertificateFields,
): Promise<X509Certificate> {
  const { namedCurve } = issuer.signingKey.algorithm as webcrypto.EcKeyAlgorithm;
  return X509CertificateGenerator.create({
    subject: request.subject,
    issuer: issuer.subject,
    notBefore: new Date(request.notBefore * 1000),
    notAfter: new Date(request.notAfter * 1000),
    publicKey: request.spki,
    signingKey: issuer.signingKey,
    signingAlgorithm: { name: 'ECDSA', hash: HASHES[namedCurve] ?? '' },
    extensions: [...request.extensions],
  });
}

/** Returns SHA-1 of the key's bits (RFC 5280 §4.2.1.2, method 1). */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const [, bits] = (fromBER(spki).result as Sequence).valueBlock.value;
  const { valueHexView } = (bits as BitString).valueBlock;
  return createHash('sha1').update(valueHexView).digest();
}

/** Returns subject and authority key identifier. */
export function keyIdentifiers(spki: Uint8Array, issuer: KeyObject): readonly Extension[] {
  return [
    new SubjectKeyIdentifierExtension(keyIdentifier(spki).toString('hex')),
    new AuthorityKeyIdentifierExtension(keyIdentifier(spkiOf(issuer)).toString('hex')),
  ];
}

/** Writes PEM with 64 columns and a final newline. */
export const pemOf = (der: Uint8Array, label: string): string =>
  `${PemConverter.encode(der, label)}\n`;

export const certificatePem = (der: Uint8Array): string => pemOf(der, 'CERTIFICATE');
