/**
 * Writes CMS SignedData (RFC 5652 §5) around a signature that is already made, byte for byte in the shape that
 * gitsign writes: detached, one signer, SHA-256 without parameters, the leaf alone. The only user of pkijs, which
 * writes well and reads too kindly (threats L1–L8): nothing here reads what somebody else sent.
 */

import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { readCertificate } from '../x509/certificate.ts';
import { readDer, Tag } from './der.ts';
import { encode, encodeSetOf } from './der-writer.ts';
import { CmsOid } from './signed-data.ts';

const SHA256 = '2.16.840.1.101.3.4.2.1';
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export interface SignatureParts {
  readonly certificateDer: Uint8Array;
  /** DER of the signed attributes, tag 0x31. */
  readonly signedAttrs: Uint8Array;
  /** DER ECDSA over `signedAttrs`. */
  readonly signature: Uint8Array;
  /** Protobuf TransparencyLogEntry; absent when the log alone keeps it. */
  readonly logEntry?: Uint8Array | undefined;
  /** RFC 3161 TimeStampToken (a ContentInfo) over `signature`. */
  readonly timestampToken?: Uint8Array | undefined;
}

/** DER of the ContentInfo. @throws Error when a part could not be written unchanged: a bug, never an input. */
export function assembleSignedData(parts: SignatureParts): Uint8Array {
  const { issuer, serial } = readCertificate(parts.certificateDer);
  const digestAlgorithm = new pkijs.AlgorithmIdentifier({ algorithmId: SHA256 });
  const signer = new pkijs.SignerInfo({
    version: 1,
    sid: new asn1js.Sequence({ value: [asItIs(issuer), asItIs(encode(Tag.integer, serial))] }),
    digestAlgorithm,
    signedAttrs: attributes(0, parts.signedAttrs),
    signatureAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: ECDSA_WITH_SHA256 }),
    signature: new asn1js.OctetString({ valueHex: copy(parts.signature) }),
  });
  const unsigned = unsignedAttributes(parts);
  if (unsigned !== undefined) signer.unsignedAttrs = attributes(1, unsigned);
  const signedData = new pkijs.SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new pkijs.EncapsulatedContentInfo({ eContentType: CmsOid.data }),
    certificates: [encodedCertificate(parts.certificateDer)],
    signerInfos: [signer],
  });
  const info = new pkijs.ContentInfo({
    contentType: CmsOid.signedData,
    content: signedData.toSchema(true),
  });
  const der = new Uint8Array(info.toSchema().toBER());
  for (const part of Object.values(parts))
    mustContain(der, part === parts.signedAttrs ? part.subarray(1) : part);
  return der;
}

/** pkijs takes whole ArrayBuffers: a view of a larger one would be read from its start. */
function copy(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}

/**
 * An element that is encoded already: pkijs puts it in its place and does not look inside. (Decoding the certificate
 * and writing it again costs it 3 ms, more than all the rest.)
 */
function asItIs(der: Uint8Array): asn1js.Primitive {
  const { tag, content } = readDer(der);
  const idBlock = { tagClass: 1, tagNumber: tag & 0x1f };
  const element = new asn1js.Primitive({ idBlock, valueHex: copy(content) });
  element.idBlock.isConstructed = (tag & 0x20) !== 0;
  return element;
}

function encodedCertificate(der: Uint8Array): pkijs.Certificate {
  return Object.assign(new pkijs.Certificate(), { toSchema: () => asItIs(der) });
}

function attributes(type: 0 | 1, set: Uint8Array): pkijs.SignedAndUnsignedAttributes {
  const { result } = asn1js.fromBER(copy(set));
  if (!(result instanceof asn1js.Set)) throw new Error('attributes are not a set');
  const list = result.valueBlock.value.map((schema) => new pkijs.Attribute({ schema }));
  return new pkijs.SignedAndUnsignedAttributes({ type, attributes: list });
}

function unsignedAttributes(parts: SignatureParts): Uint8Array | undefined {
  const entry = parts.logEntry && encode(Tag.octetString, parts.logEntry);
  const list = [
    ...attribute(CmsOid.transparencyLogEntry, entry),
    ...attribute(CmsOid.timeStampToken, parts.timestampToken),
  ];
  return list.length === 0 ? undefined : encodeSetOf(Tag.set, list);
}

function attribute(type: string, value: Uint8Array | undefined): readonly Uint8Array[] {
  if (value === undefined) return [];
  const oid = new Uint8Array(new asn1js.ObjectIdentifier({ value: type }).toBER());
  return [encode(Tag.sequence, oid, encode(Tag.set, value))];
}

/** A library that decodes and writes again may tidy; what was signed, logged and stamped must stand as it was. */
function mustContain(der: Uint8Array, part: Uint8Array | undefined): void {
  if (part !== undefined && Buffer.from(der.buffer).indexOf(part) === -1) {
    throw new Error('a part of the signature was changed while it was written');
  }
}
