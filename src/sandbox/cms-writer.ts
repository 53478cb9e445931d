/**
 * CMS SignedData (RFC 5652) in the shape that gitsign and Sigstore's timestamp servers write: one signer, SHA-256
 * and ECDSA without parameters, sets in DER's order. pkijs writes it, so the product's own writer has another to be
 * compared with.
 */

import { createHash } from 'node:crypto';
import { type BaseBlock, ObjectIdentifier, OctetString, Set as SetOf, UTCTime } from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  type Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export const ContentType = {
  data: ContentInfo.DATA,
  tstInfo: '1.2.840.113549.1.9.16.1.4',
} as const;

export interface SignedMessage {
  readonly contentType: string;
  /** Absent if the signature is detached. */
  readonly content?: OctetString | undefined;
  readonly signer: Certificate;
  /** Puts the signer's certificate into the message. */
  readonly withCertificate: boolean;
  readonly signedAttributes: readonly Attribute[];
  /** ECDSA in DER, over `encodeAttributes(signedAttributes)`. */
  readonly signature: Uint8Array;
  readonly unsignedAttributes?: readonly Attribute[];
}

export const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** Returns the DER of a structure that pkijs has put together. */
export const derOf = (structure: { toSchema(): BaseBlock }): Buffer =>
  Buffer.from(structure.toSchema().toBER());

/** A SET OF in the order that DER wants: by the octets of its elements (X.690 §11.6). */
const inOrder = (attributes: readonly Attribute[]): Attribute[] =>
  attributes
    .map((attribute) => ({ attribute, der: derOf(attribute) }))
    .toSorted((one, other) => one.der.compare(other.der))
    .map(({ attribute }) => attribute);

/** Returns content type, signing time and digest of what is signed, and `more`, in DER's order. */
export function attributesOf(
  contentType: string,
  content: Uint8Array,
  unixSeconds: number,
  ...more: readonly Attribute[]
): readonly Attribute[] {
  const attribute = (type: string, value: BaseBlock) => new Attribute({ type, values: [value] });
  return inOrder([
    attribute('1.2.840.113549.1.9.3', new ObjectIdentifier({ value: contentType })),
    attribute('1.2.840.113549.1.9.5', new UTCTime({ valueDate: new Date(unixSeconds * 1000) })),
    attribute('1.2.840.113549.1.9.4', new OctetString({ valueHex: sha256(content) })),
    ...more,
  ]);
}

/** Returns the bytes that are signed: the attributes as the SET that they are. */
export function encodeAttributes(attributes: readonly Attribute[]): Buffer {
  return Buffer.from(new SetOf({ value: attributes.map((one) => one.toSchema()) }).toBER());
}

function signerInfo(message: SignedMessage): SignerInfo {
  const { signer, signature, signedAttributes, unsignedAttributes = [] } = message;
  const info = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: signer.issuer, serialNumber: signer.serialNumber }),
    digestAlgorithm: new AlgorithmIdentifier({ algorithmId: SHA256 }),
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes: [...signedAttributes] }),
    signatureAlgorithm: new AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 }),
    signature: new OctetString({ valueHex: signature }),
  });
  if (unsignedAttributes.length > 0) {
    const attributes = inOrder(unsignedAttributes);
    info.unsignedAttrs = new SignedAndUnsignedAttributes({ type: 1, attributes });
  }
  return info;
}

/** Writes the ContentInfo. */
export function signedMessage(message: SignedMessage): ContentInfo {
  const encapContentInfo = new EncapsulatedContentInfo({ eContentType: message.contentType });
  // its constructor would cut the content into pieces, which is BER
  if (message.content !== undefined) encapContentInfo.eContent = message.content;
  const signedData = new SignedData({
    digestAlgorithms: [new AlgorithmIdentifier({ algorithmId: SHA256 })],
    encapContentInfo,
    ...(message.withCertificate ? { certificates: [message.signer] } : {}),
    signerInfos: [signerInfo(message)],
  });
  return new ContentInfo({
    contentType: ContentInfo.SIGNED_DATA,
    content: signedData.toSchema(),
  });
}
