/**
 * Leaf certificates (RFC 5280) as Fulcio issues them, written by `pkijs`, which takes a quarter of the time of
 * `@peculiar/x509`: a sandbox issues one for each login, and tests issue thousands.
 */

import { type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  type BaseBlock,
  BitString,
  Constructed,
  Integer,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Utf8String,
} from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  Extension,
  PublicKeyInfo,
  RelativeDistinguishedNames,
  Time,
} from 'pkijs';
import { spkiOf } from '../rekor/signed-note.ts';
import {
  type CertificateAuthority,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  keyIdentifier,
} from './certificates.ts';

/** Writes an extension around the DER of its value. */
export const extension = (extnID: string, critical: boolean, value: Uint8Array): Extension =>
  new Extension({ extnID, critical, extnValue: new Uint8Array(value).buffer });

const derOf = (block: BaseBlock): Buffer => Buffer.from(block.toBER());

const context = (tagNumber: number, ...value: BaseBlock[]): Constructed =>
  new Constructed({ idBlock: { tagClass: 3, tagNumber }, value });

const contextPrimitive = (tagNumber: number, valueHex: Uint8Array): Primitive =>
  new Primitive({ idBlock: { tagClass: 3, tagNumber }, valueHex });

/** Key usage (critical) and extended key usage of a leaf: it signs, and what it signs is code. */
export const SIGNS_CODE: readonly Extension[] = [
  new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.codeSigning]),
].map(({ type, critical, value }) => extension(type, critical, new Uint8Array(value)));

/** Returns subject and authority key identifier. */
export function leafKeyIdentifiers(spki: Uint8Array, issuer: KeyObject): readonly Extension[] {
  const subject = new OctetString({ valueHex: keyIdentifier(spki) });
  const authority = contextPrimitive(0, keyIdentifier(spkiOf(issuer)));
  return [
    extension('2.5.29.14', false, derOf(subject)),
    extension('2.5.29.35', false, derOf(new Sequence({ value: [authority] }))),
  ];
}

export interface IssuedName {
  readonly kind: 'email' | 'uri' | 'dns' | 'otherName';
  readonly value: string;
}

/** Fulcio's username form: an OtherName of this type with a UTF8String. */
const USERNAME = '1.3.6.1.4.1.57264.1.7';

function generalName({ kind, value }: IssuedName): BaseBlock {
  if (kind === 'otherName') {
    const name = context(0, new Utf8String({ value }));
    return context(0, new ObjectIdentifier({ value: USERNAME }), name);
  }
  // in UTF-8: the library's own names keep eight bits of a character, which makes another name of this one
  return contextPrimitive({ email: 1, dns: 2, uri: 6 }[kind], Buffer.from(value));
}

/** Returns a critical extension, because the subject is empty (RFC 5280 §4.2.1.6). */
export function subjectAltName(names: readonly IssuedName[]): Extension {
  const value = new Sequence({ value: names.map(generalName) });
  return extension('2.5.29.17', true, derOf(value));
}

/** ECDSA with the hash that fits the issuer's curve. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly oid: string }>> = {
  prime256v1: { hash: 'sha256', oid: '1.2.840.10045.4.3.2' },
  secp384r1: { hash: 'sha384', oid: '1.2.840.10045.4.3.3' },
};

const names = new WeakMap<CertificateAuthority, RelativeDistinguishedNames>();

/** Returns the name in an authority's certificate, spelt as it is there. Each certificate is read once. */
function nameOf(authority: CertificateAuthority): RelativeDistinguishedNames {
  const known = names.get(authority);
  if (known !== undefined) return known;
  const { subject } = Certificate.fromBER(authority.certificate);
  names.set(authority, subject);
  return subject;
}

/** The empty name. The library writes a name that it has not read with a SET inside. */
const NO_NAME = RelativeDistinguishedNames.fromBER(new Sequence().toBER());

/** Validity (RFC 5280 §4.1.2.5): UTCTime for the years 1950 to 2049, else GeneralizedTime. */
function timeOf(unixSeconds: number): Time {
  const value = new Date(unixSeconds * 1000);
  const year = value.getUTCFullYear();
  return new Time({ value, type: year >= 1950 && year < 2050 ? 0 : 1 });
}

export interface LeafFields {
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** Unix seconds, both ends inclusive. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Extension[];
}

/** A leaf that is not signed yet. What a log promises about it becomes one more extension of it. */
export interface UnsignedLeaf {
  /** DER of the TBSCertificate as it stands. */
  readonly tbs: () => Buffer;
  /** Returns the DER of the certificate with `more` at the end of its extensions. */
  readonly issue: (...more: readonly Extension[]) => Buffer;
}

/** Begins a leaf without a subject, under a random serial number. */
export function beginLeaf(authority: CertificateAuthority, fields: LeafFields): UnsignedLeaf {
  const curve = authority.privateKey.asymmetricKeyDetails?.namedCurve ?? '';
  const { hash, oid } = ALGORITHMS[curve] ?? { hash: '', oid: '' };
  const algorithm = new AlgorithmIdentifier({ algorithmId: oid });
  const leaf = new Certificate({
    version: 2,
    serialNumber: new Integer({ valueHex: Buffer.from([0x40, ...randomBytes(15)]) }),
    signature: algorithm,
    issuer: nameOf(authority),
    notBefore: timeOf(fields.notBefore),
    notAfter: timeOf(fields.notAfter),
    subject: NO_NAME,
    subjectPublicKeyInfo: PublicKeyInfo.fromBER(fields.spki),
  });
  const contents = (more: readonly Extension[]): Sequence => {
    leaf.extensions = [...fields.extensions, ...more];
    return leaf.encodeTBS();
  };
  return {
    tbs: () => derOf(contents([])),
    issue: (...more) => {
      const tbs = contents(more);
      const signature = sign(hash, derOf(tbs), authority.privateKey);
      const bits = new BitString({ valueHex: signature });
      return derOf(new Sequence({ value: [tbs, algorithm.toSchema(), bits] }));
    },
  };
}
