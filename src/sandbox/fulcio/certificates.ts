/**
 * X.509 certificates as Sigstore's services issue them (RFC 5280), written by `@peculiar/x509`: the core reads what
 * another author wrote. The library throws unless the reflection polyfill is loaded before it, so only this module
 * imports it and the others take its classes from here.
 */

import 'reflect-metadata';
import { type KeyObject, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  Extension,
  Name,
  PemConverter,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  type BaseBlock,
  Constructed,
  fromBER,
  ObjectIdentifier,
  Primitive,
  Sequence,
  Utf8String,
} from 'asn1js';
import { spkiOf } from '../rekor/signed-note.ts';

export {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
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
  /** Without it the subject is empty, as in Fulcio's leaves. */
  readonly subject?: Name;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** Unix seconds, both ends inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Extension[];
  /** Hexadecimal. Default: a random number. */
  readonly serial?: string;
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
export function issuerOf({ certificate, ...keys }: CertificateAuthority): CertificateIssuer {
  return { ...keys, subject: new X509Certificate(certificate).subjectName };
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
    ...(request.serial === undefined ? {} : { serialNumber: request.serial }),
    ...(request.subject === undefined ? {} : { subject: request.subject }),
    issuer: issuer.subject,
    notBefore: new Date(request.notBefore * 1000),
    notAfter: new Date(request.notAfter * 1000),
    publicKey: request.spki,
    signingKey: issuer.signingKey,
    signingAlgorithm: { name: 'ECDSA', hash: HASHES[namedCurve] ?? '' },
    extensions: [...request.extensions],
  });
}

/** Returns subject and authority key identifier: SHA-1 of the keys' bits (RFC 5280 §4.2.1.2, method 1). */
export async function keyIdentifiers(
  spki: Uint8Array,
  issuer: KeyObject,
): Promise<readonly Extension[]> {
  return [
    await SubjectKeyIdentifierExtension.create(spki),
    await AuthorityKeyIdentifierExtension.create(spkiOf(issuer)),
  ];
}

export interface IssuedName {
  readonly kind: 'email' | 'uri' | 'dns' | 'otherName';
  readonly value: string;
}

/** Fulcio's username form: an OtherName of this type with a UTF8String. */
const USERNAME = '1.3.6.1.4.1.57264.1.7';

const context = (tagNumber: number, ...value: BaseBlock[]): Constructed =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value });

function generalName({ kind, value }: IssuedName): BaseBlock {
  if (kind === 'otherName') {
    const name = context(0, new Utf8String({ value }));
    return context(0, new ObjectIdentifier({ value: USERNAME }), name);
  }
  // in UTF-8: the library's own names keep eight bits of a character, which makes another name of this one
  const idBlock = { tagClass: 3, tagNumber: { email: 1, dns: 2, uri: 6 }[kind] };
  return new Primitive({ idBlock, valueHex: Buffer.from(value) });
}

/** Returns a critical extension, because the subject is empty (RFC 5280 §4.2.1.6). */
export function subjectAltName(names: readonly IssuedName[]): Extension {
  const value = new Sequence({ value: names.map(generalName) }).toBER();
  return new Extension('2.5.29.17', true, value);
}

/** Returns the DER of the TBSCertificate. */
export function tbsOf(certificate: X509Certificate): Buffer {
  const [tbs] = (fromBER(certificate.rawData).result as Sequence).valueBlock.value;
  if (tbs === undefined) throw new TypeError('a certificate without contents');
  return Buffer.from(tbs.toBER());
}

/** Writes PEM with 64 columns and a final newline. */
export const pemOf = (der: Uint8Array, label: string): string =>
  `${PemConverter.encode(der, label)}\n`;

export const certificatePem = (der: Uint8Array): string => pemOf(der, 'CERTIFICATE');
