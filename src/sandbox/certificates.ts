/**
 * X.509 certificates as Sigstore's services issue them (RFC 5280): two little authorities and Fulcio's leaf.
 * Written straight to DER: a precertificate and its certificate must differ in the SCT list alone, and the
 * bench wants thousands of them.
 */

import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  element,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8String,
} from './der-writer.ts';
import { spkiOf } from './signed-note.ts';

export interface Extension {
  readonly oid: string;
  readonly critical?: boolean;
  /** The extension's value: what goes into its OCTET STRING. */
  readonly value: Uint8Array;
}

export interface Name {
  readonly organization: string;
  readonly commonName: string;
}

const ORGANIZATION = 'git-signet sandbox';
const OID_SHA256_ECDSA = '1.2.840.10045.4.3.2';
const OID_SHA384_ECDSA = '1.2.840.10045.4.3.3';

/** Distinguished name in DER; undefined is the empty name of Fulcio's leaves. */
export function encodeName(name: Name | undefined): Buffer {
  if (name === undefined) return sequence();
  const part = (type: string, value: string) => setOf(sequence(oid(type), utf8String(value)));
  return sequence(part('2.5.4.10', name.organization), part('2.5.4.3', name.commonName));
}

/** AlgorithmIdentifier of ECDSA with the hash that fits the curve. */
export function ecdsaAlgorithm(key: KeyObject): {
  readonly identifier: Buffer;
  readonly hash: string;
} {
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? { identifier: sequence(oid(OID_SHA384_ECDSA)), hash: 'sha384' }
    : { identifier: sequence(oid(OID_SHA256_ECDSA)), hash: 'sha256' };
}

export interface TbsFields {
  readonly serial: Uint8Array;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** Unix seconds, both ends inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly spki: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** A TBSCertificate to be signed by `signer`. */
export function encodeTbs(fields: TbsFields, signer: KeyObject): Buffer {
  const extensions = fields.extensions.map(({ oid: id, critical, value }) =>
    sequence(oid(id), ...(critical === true ? [boolean(true)] : []), octetString(value)),
  );
  return sequence(
    contextConstructed(0, integer(2)),
    integer(fields.serial),
    ecdsaAlgorithm(signer).identifier,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.spki,
    contextConstructed(3, sequence(...extensions)),
  );
}

/** Certificate DER: the TBS, the algorithm and the signature. */
export function signTbs(tbs: Uint8Array, signer: KeyObject): Buffer {
  const { identifier, hash } = ecdsaAlgorithm(signer);
  return sequence(tbs, identifier, bitString(sign(hash, tbs, signer)));
}

/** A positive serial number of 159 bits. */
export function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** SHA-1 of the key's bits (RFC 5280 §4.2.1.2, method 1). */
export function keyIdentifier(spki: Uint8Array): Buffer {
  // The bits are what follows the curve: 65 octets for P-256, 97 for P-384, 32 for Ed25519.
  const bits = spki.length === 91 ? 65 : spki.length === 120 ? 97 : 32;
  return createHash('sha1')
    .update(spki.subarray(spki.length - bits))
    .digest();
}

export const extension = {
  basicConstraints: (authority: boolean, pathLength?: number): Extension => ({
    oid: '2.5.29.19',
    critical: true,
    value: sequence(
      ...(authority ? [boolean(true)] : []),
      ...(pathLength === undefined ? [] : [integer(pathLength)]),
    ),
  }),
  /** Bits by number: 0 digitalSignature, 5 keyCertSign, 6 cRLSign. */
  keyUsage: (...bits: readonly number[]): Extension => {
    const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
    return {
      oid: '2.5.29.15',
      critical: true,
      value: bitString(Buffer.from([octet]), 7 - Math.max(...bits)),
    };
  },
  extendedKeyUsage: (usage: 'codeSigning' | 'timeStamping', critical = false): Extension => ({
    oid: '2.5.29.37',
    critical,
    value: sequence(oid(usage === 'codeSigning' ? '1.3.6.1.5.5.7.3.3' : '1.3.6.1.5.5.7.3.8')),
  }),
  subjectKey: (spki: Uint8Array): Extension => ({
    oid: '2.5.29.14',
    value: octetString(keyIdentifier(spki)),
  }),
  authorityKey: (spki: Uint8Array): Extension => ({
    oid: '2.5.29.35',
    value: sequence(contextPrimitive(0, keyIdentifier(spki))),
  }),
  /** Critical, because the subject is empty (RFC 5280 §4.2.1.6). */
  subjectAltName: (names: readonly SubjectAltName[]): Extension => ({
    oid: '2.5.29.17',
    critical: true,
    value: sequence(...names.map(encodeAltName)),
  }),
};

export interface SubjectAltName {
  readonly kind: 'email' | 'uri' | 'dns' | 'otherName';
  readonly value: string;
}

function encodeAltName({ kind, value }: SubjectAltName): Buffer {
  if (kind === 'otherName') {
    // Fulcio's username form: 1.3.6.1.4.1.57264.1.7 with a UTF8String.
    return element(0xa0, oid('1.3.6.1.4.1.57264.1.7'), contextConstructed(0, utf8String(value)));
  }
  return contextPrimitive({ email: 1, dns: 2, uri: 6 }[kind], Buffer.from(value));
}

const TEN_YEARS = 3650 * 24 * 3600;

export interface CertificateAuthority {
  readonly name: Name;
  readonly key: KeyObject;
  readonly certificate: Buffer;
}

interface AuthorityRequest {
  readonly commonName: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Extension[];
  readonly issuer?: {
    readonly name: Name;
    readonly privateKey: KeyObject;
    readonly publicKey: KeyObject;
  };
  /** Unix seconds. */
  readonly now: number;
}

/** A long-lived certificate: self-signed where no issuer is named. A day back, so that clocks may differ. */
export function issueAuthority(request: AuthorityRequest): Buffer {
  const name: Name = { organization: ORGANIZATION, commonName: request.commonName };
  const issuer = request.issuer ?? {
    name,
    privateKey: request.privateKey,
    publicKey: request.publicKey,
  };
  const spki = spkiOf(request.publicKey);
  const tbs = encodeTbs(
    {
      serial: newSerial(),
      issuer: encodeName(issuer.name),
      subject: encodeName(name),
      notBefore: request.now - 86_400,
      notAfter: request.now + TEN_YEARS,
      spki,
      extensions: [
        ...request.extensions,
        extension.subjectKey(spki),
        extension.authorityKey(spkiOf(issuer.publicKey)),
      ],
    },
    issuer.privateKey,
  );
  return signTbs(tbs, issuer.privateKey);
}

/** 64 columns, final newline. */
export function certificatePem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

export const nameOf = (commonName: string): Name => ({ organization: ORGANIZATION, commonName });
