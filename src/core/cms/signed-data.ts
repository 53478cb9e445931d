/**
 * Reads the armor and the CMS SignedData (RFC 5652) of a git signature, in the one form that gitsign writes: detached, one
 * signer named by issuer and serial number, SHA-256, ECDSA. Attached content would silently replace the payload (threat
 * L1), a second signer could cover other data (threat C05), and only one certificate is the signer's (threat C06).
 */

import { equal, fromBase64, latin1, toBase64Lines } from '../bytes.ts';
import type { HashAlgorithm } from '../crypto.ts';
import { Refusal } from '../verdict.ts';
import { readAlgorithm, readDigestAlgorithm, readSignatureAlgorithm } from '../x509/algorithms.ts';
import { type Certificate, readSharedCertificate } from '../x509/certificate.ts';
import {
  children,
  contextConstructed,
  cursor,
  DerError,
  type DerNode,
  expect,
  expectDer,
  readIntegerBytes,
  readOid,
  readSmallInteger,
  Tag,
} from './der.ts';

export const CmsOid = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  timeStampToken: '1.2.840.113549.1.9.16.2.14',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  transparencyLogEntry: '1.3.6.1.4.1.57264.3.1',
} as const;

export interface SignerInfo {
  readonly certificate: Certificate;
  /** Undefined if the algorithm is not on the allow-list. */
  readonly digestHash: HashAlgorithm | undefined;
  readonly signatureHash: HashAlgorithm | undefined;
  /** DER of the attributes with the SET OF tag 0x31: what the signature is over (RFC 5652 §5.4). */
  readonly signedAttrs: Uint8Array;
  readonly signature: Uint8Array;
  readonly unsignedAttrs: readonly Attribute[];
}

export interface Attribute {
  readonly oid: string;
  readonly values: readonly DerNode[];
}

export interface SignedData {
  readonly contentType: string;
  /** The attached content of a timestamp token. Undefined if detached. */
  readonly content: Uint8Array | undefined;
  readonly certificates: readonly Certificate[];
  readonly signer: SignerInfo;
}

const MAX_SIGNATURE = 256 * 1024;
const MAX_CERTIFICATES = 16;
const MAX_ATTRIBUTES = 32;
const BEGIN = '-----BEGIN SIGNED MESSAGE-----';
const END = '-----END SIGNED MESSAGE-----';

/**
 * Returns the DER inside the armor. There must be one block without headers, nothing before it, and only line ends behind
 * it. Its base64 must be canonical, in lines of any length. @throws Refusal `armor-malformed`
 */
export function readArmor(signature: Uint8Array): Uint8Array {
  const malformed = (detail: string): Refusal => new Refusal('armor-malformed', detail);
  if (signature.length > MAX_SIGNATURE) throw malformed('signature over 256 KiB');
  const text = latin1(signature).replaceAll('\r\n', '\n');
  // a pattern that looks for the end would be quadratic in blank lines (threat I05)
  let end = text.length;
  while (text[end - 1] === '\n') end -= 1;
  const last = end - END.length;
  const body = text.slice(BEGIN.length, last);
  const framed = last > BEGIN.length && text.startsWith(BEGIN) && text.startsWith(END, last);
  if (!framed || !body.startsWith('\n') || !body.endsWith('\n') || body.length < 2)
    throw malformed('the signature is not one armored block');
  if (body.includes('\n\n')) throw malformed('the armor holds a blank line');
  const der = fromBase64(body.replaceAll('\n', ''));
  if (der === undefined || der.length === 0)
    throw malformed('the base64 in the armor is malformed');
  return der;
}

/** Armor as gitsign writes it: 64 columns, no headers, final newline. */
export function writeArmor(der: Uint8Array): string {
  return `${BEGIN}\n${toBase64Lines(der)}\n${END}\n`;
}

/** SignedData whose signer's certificate is not yet known. */
export interface Envelope extends Pick<SignedData, 'contentType' | 'content' | 'certificates'> {
  readonly digest: DerNode;
  readonly signer: DerNode;
}

/**
 * Reads a ContentInfo with SignedData of one signer, whose certificate it holds. Proves nothing.
 * @throws Refusal `cms-malformed`, `cms-unsupported`, `signer-ambiguous`
 */
export function readSignedData(der: Uint8Array): SignedData {
  const envelope = readEnvelope(der);
  return withSigner(envelope, envelope.certificates);
}

/** Reads all but the signer. Proves nothing. @throws Refusal `cms-malformed`, `cms-unsupported`, `signer-ambiguous` */
export function readEnvelope(der: Uint8Array): Envelope {
  return malformedOr(() => parseEnvelope(der));
}

/**
 * Reads the signer, whose certificate is exactly one of `among`.
 * @throws Refusal `cms-malformed`, `cms-unsupported`, `signer-ambiguous`
 */
export function withSigner(
  { digest, signer, ...envelope }: Envelope,
  among: readonly Certificate[],
): SignedData {
  return malformedOr(() => {
    const parsed = readSigner(signer, among);
    if (readDigestAlgorithm(digest) !== parsed.digestHash)
      throw new Refusal('cms-unsupported', 'the digest algorithm is not the signer\u2019s');
    return { ...envelope, signer: parsed };
  });
}

function malformedOr<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('cms-malformed', error.message);
    throw error;
  }
}

function parseEnvelope(der: Uint8Array): Envelope {
  const info = cursor(expectDer(der, Tag.sequence), 2);
  if (readOid(info.next(Tag.oid)) !== CmsOid.signedData)
    throw new Refusal('cms-unsupported', 'the message is not SignedData');
  const fields = cursor(cursor(info.next(contextConstructed(0)), 1).next(Tag.sequence), 6);
  info.end();
  const version = readSmallInteger(fields.next(Tag.integer));
  const digests = children(fields.next(Tag.set));
  const encapsulated = cursor(fields.next(Tag.sequence), 2);
  const contentType = readOid(encapsulated.next(Tag.oid));
  const explicit = encapsulated.optional(contextConstructed(0));
  const content = explicit && cursor(explicit, 1).next(Tag.octetString).content;
  encapsulated.end();
  // RFC 5652 §5.1: 1 for plain data, 3 for other content such as a TSTInfo
  if (version !== (contentType === CmsOid.data ? 1 : 3))
    throw new Refusal('cms-unsupported', `SignedData of version ${version}`);
  const bag = fields.optional(contextConstructed(0));
  const certificates =
    bag === undefined
      ? []
      : children(bag, MAX_CERTIFICATES).map((node) => readSharedCertificate(node.raw));
  if (fields.optional(contextConstructed(1)) !== undefined)
    throw new Refusal('cms-unsupported', 'revocation lists in the message');
  const signers = children(fields.next(Tag.set));
  fields.end();
  const [signer] = signers;
  const [digest] = digests;
  if (signers.length !== 1 || signer === undefined)
    throw new Refusal(
      'signer-ambiguous',
      `the message has ${signers.length} signers instead of one`,
    );
  if (digests.length !== 1 || digest === undefined)
    throw new Refusal(
      'cms-unsupported',
      `the message has ${digests.length} digest algorithms instead of one`,
    );
  return { contentType, content, certificates, digest, signer };
}

function readSigner(node: DerNode, certificates: readonly Certificate[]): SignerInfo {
  const fields = cursor(expect(node, Tag.sequence), 8);
  const version = readSmallInteger(fields.next(Tag.integer));
  if (version !== 1) throw new Refusal('cms-unsupported', `SignerInfo of version ${version}`);
  const certificate = findSigner(fields.next(Tag.sequence), certificates);
  const digestHash = readDigestAlgorithm(fields.next(Tag.sequence));
  const attributes = fields.optional(contextConstructed(0));
  // without signed attributes, a signature over attributes could be replayed as one over content (threat C02)
  if (attributes === undefined)
    throw new Refusal('cms-unsupported', 'the signer has no signed attributes');
  const signedAttrs = new Uint8Array(attributes.raw);
  signedAttrs[0] = Tag.set;
  const algorithm = fields.next(Tag.sequence);
  const signature = fields.next(Tag.octetString).content;
  const unsigned = fields.optional(contextConstructed(1));
  fields.end();
  return {
    certificate,
    digestHash,
    signatureHash: signatureHash(algorithm, digestHash, certificate),
    signedAttrs,
    signature,
    unsignedAttrs: unsigned === undefined ? [] : readAttributes(unsigned),
  };
}

/** Returns the hash of the signature. Bare `rsaEncryption` and `id-ecPublicKey` name none (RFC 3370 §3.2) and are not supported. */
function signatureHash(
  algorithm: DerNode,
  digest: HashAlgorithm | undefined,
  { publicKey }: Certificate,
): HashAlgorithm | undefined {
  const hash = readSignatureAlgorithm(algorithm, publicKey);
  if (readAlgorithm(algorithm).oid === '1.3.101.112') return hash;
  return hash === digest ? hash : undefined;
}

/** Returns the one certificate that the signer identifier names by issuer and serial number. */
function findSigner(sid: DerNode, certificates: readonly Certificate[]): Certificate {
  const fields = cursor(sid, 2);
  const issuer = fields.next(Tag.sequence).raw;
  const serial = readIntegerBytes(fields.next(Tag.integer));
  fields.end();
  const found = certificates.filter(
    (one) => equal(one.issuer, issuer) && equal(one.serial, serial),
  );
  const [certificate] = found;
  if (found.length === 1 && certificate !== undefined) return certificate;
  const detail = `the signer is named by ${found.length} of ${certificates.length} certificates`;
  throw new Refusal('signer-ambiguous', detail);
}

/** Attributes of a SET OF in DER order (X.690 §11.6). @throws DerError */
export function readAttributes(set: DerNode): readonly Attribute[] {
  const nodes = children(set, MAX_ATTRIBUTES);
  for (const [index, node] of nodes.entries()) {
    const previous = nodes[index - 1];
    if (previous !== undefined && Buffer.compare(previous.raw, node.raw) >= 0)
      throw new DerError('attributes are not in DER order');
  }
  return nodes.map((node) => {
    const fields = cursor(expect(node, Tag.sequence), 2);
    const oid = readOid(fields.next(Tag.oid));
    const values = children(fields.next(Tag.set), MAX_ATTRIBUTES);
    fields.end();
    return { oid, values };
  });
}

/** Returns the value of an attribute that may occur once at most, or undefined if it is absent. @throws Refusal `cms-malformed` */
export function singleValue(attributes: readonly Attribute[], oid: string): DerNode | undefined {
  const found = attributes.filter((attribute) => attribute.oid === oid);
  if (found.length === 0) return undefined;
  const [value] = found[0]?.values ?? [];
  if (found.length !== 1 || found[0]?.values.length !== 1 || value === undefined)
    throw new Refusal(
      'cms-malformed',
      `attribute ${oid} does not occur exactly once with one value`,
    );
  return value;
}
