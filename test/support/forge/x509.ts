/** Certificates with any fault that a test asks for, signed for real. */

import { createHash } from 'node:crypto';
import { latin1, utf8 } from '../../../src/core/bytes.ts';
import { contextConstructed, Tag } from '../../../src/core/cms/der.ts';
import { contextPrimitive, encode, encodeOid, encodeUnsigned } from './der.ts';
import { type ForgeKey, type Hash, signatureAlgorithm } from './keys.ts';

export interface ExtensionSpec {
  readonly oid: string;
  readonly critical?: boolean;
  /** What stands inside extnValue. */
  readonly value: Uint8Array;
}

export interface CertificateSpec {
  readonly version: number;
  readonly serial: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Unix seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly key: ForgeKey;
  readonly signer: ForgeKey;
  readonly hash: Hash;
  readonly extensions: readonly ExtensionSpec[];
}

export const Oid = {
  ski: '2.5.29.14',
  keyUsage: '2.5.29.15',
  san: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  aki: '2.5.29.35',
  eku: '2.5.29.37',
  sctList: '1.3.6.1.4.1.11129.2.4.2',
  issuerV1: '1.3.6.1.4.1.57264.1.1',
  issuerV2: '1.3.6.1.4.1.57264.1.8',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  anyUsage: '2.5.29.37.0',
} as const;

const TRUE = encode(Tag.boolean, Uint8Array.of(0xff));
const SEQ = Tag.sequence;

export function name(
  ...attributes: readonly (readonly [oid: string, value: string])[]
): Uint8Array {
  const parts = attributes.map(([oid, value]) =>
    encode(Tag.set, encode(SEQ, encodeOid(oid), encode(Tag.utf8String, utf8(value)))),
  );
  return encode(SEQ, ...parts);
}

export const commonName = (value: string): Uint8Array =>
  name(['2.5.4.10', 'forge.test'], ['2.5.4.3', value]);

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

/** A general name of a subject alternative name. */
export const general = {
  email: (text: string): Uint8Array => encode(contextPrimitive(1), utf8(text)),
  dns: (text: string): Uint8Array => encode(contextPrimitive(2), utf8(text)),
  directory: (text: string): Uint8Array => encode(contextConstructed(4), commonName(text)),
  uri: (text: string): Uint8Array => encode(contextPrimitive(6), utf8(text)),
  ip: (...octets: number[]): Uint8Array => encode(contextPrimitive(7), Uint8Array.from(octets)),
  otherName: (
    text: string,
    oid = '1.3.6.1.4.1.57264.1.7',
    tag: number = Tag.utf8String,
  ): Uint8Array =>
    encode(
      contextConstructed(0),
      encodeOid(oid),
      encode(contextConstructed(0), encode(tag, utf8(text))),
    ),
};

/** Extensions as Fulcio and its CA write them. */
export const ext = {
  san: (...names: readonly Uint8Array[]): ExtensionSpec => ({
    oid: Oid.san,
    critical: true,
    value: encode(SEQ, ...names),
  }),
  eku: (purposes: readonly string[], critical = false): ExtensionSpec => ({
    oid: Oid.eku,
    critical,
    value: encode(SEQ, ...purposes.map(encodeOid)),
  }),
  keyUsage: (bits: number, unused = 0): ExtensionSpec => ({
    oid: Oid.keyUsage,
    critical: true,
    value: encode(Tag.bitString, Uint8Array.of(unused, bits)),
  }),
  constraints: (ca: boolean, pathLength?: number): ExtensionSpec => ({
    oid: Oid.basicConstraints,
    critical: true,
    value: encode(
      SEQ,
      ca ? TRUE : new Uint8Array(),
      pathLength === undefined ? new Uint8Array() : encodeUnsigned(Uint8Array.of(pathLength)),
    ),
  }),
  nameConstraints: (permitted: Uint8Array, critical: boolean): ExtensionSpec => ({
    oid: Oid.nameConstraints,
    critical,
    value: encode(SEQ, encode(contextConstructed(0), encode(SEQ, permitted))),
  }),
  ski: (key: ForgeKey): ExtensionSpec => ({
    oid: Oid.ski,
    value: encode(Tag.octetString, sha1(key.spki)),
  }),
  aki: (key: ForgeKey): ExtensionSpec => ({
    oid: Oid.aki,
    value: encode(SEQ, encode(contextPrimitive(0), sha1(key.spki))),
  }),
  issuerV1: (url: string): ExtensionSpec => ({ oid: Oid.issuerV1, value: utf8(url) }),
  issuerV2: (url: string): ExtensionSpec => ({
    oid: Oid.issuerV2,
    value: encode(Tag.utf8String, utf8(url)),
  }),
};

/** The list with the extension of that oid replaced, or removed where nothing is given. */
export function swap(
  list: readonly ExtensionSpec[],
  oid: string,
  ...by: readonly ExtensionSpec[]
): readonly ExtensionSpec[] {
  const at = list.findIndex((item) => item.oid === oid);
  return at === -1 ? [...list, ...by] : [...list.slice(0, at), ...by, ...list.slice(at + 1)];
}

/** Changes the extensions of a certificate: replaces the extension of that oid, or removes it if nothing is given. */
export const extensions =
  (oid: string, ...by: CertificateSpec['extensions']) =>
  (spec: CertificateSpec): CertificateSpec => ({
    ...spec,
    extensions: swap(spec.extensions, oid, ...by),
  });

/** Changes the dates of a certificate. */
export const dates =
  (notBefore: number, notAfter: number) =>
  (spec: CertificateSpec): CertificateSpec => ({ ...spec, notBefore, notAfter });

/** The Time of RFC 5280 §4.1.2.5. */
export function time(seconds: number): Uint8Array {
  const text = new Date(seconds * 1000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const utc = Number(text.slice(0, 4)) < 2050;
  return encode(utc ? Tag.utcTime : Tag.generalizedTime, utf8(utc ? text.slice(2) : text));
}

export function writeExtension({ oid, critical = false, value }: ExtensionSpec): Uint8Array {
  return encode(
    SEQ,
    encodeOid(oid),
    critical ? TRUE : new Uint8Array(),
    encode(Tag.octetString, value),
  );
}

/** TBSCertificate. */
export function toBeSigned(spec: CertificateSpec): Uint8Array {
  return encode(
    SEQ,
    encode(contextConstructed(0), encodeUnsigned(Uint8Array.of(spec.version))),
    encodeUnsigned(spec.serial),
    signatureAlgorithm(spec.signer.kind, spec.hash),
    spec.issuer,
    encode(SEQ, time(spec.notBefore), time(spec.notAfter)),
    spec.subject,
    spec.key.spki,
    encode(contextConstructed(3), encode(SEQ, ...spec.extensions.map(writeExtension))),
  );
}

/** A certificate around a TBSCertificate. */
export function certificateOf(tbs: Uint8Array, signer: ForgeKey, hash: Hash): Uint8Array {
  const signature = encode(Tag.bitString, Uint8Array.of(0), signer.sign(tbs, hash));
  return encode(SEQ, tbs, signatureAlgorithm(signer.kind, hash), signature);
}

const made = new Map<string, Uint8Array>();

/** DER of the certificate; the same specification gives the same bytes. */
export function certificate(spec: CertificateSpec): Uint8Array {
  const tbs = toBeSigned(spec);
  const id = `${latin1(tbs)} ${latin1(spec.signer.spki)}`;
  const known = made.get(id) ?? certificateOf(tbs, spec.signer, spec.hash);
  made.set(id, known);
  return known;
}
