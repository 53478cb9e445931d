/**
 * Writes CMS SignedData (RFC 5652 §5) around a signature that is already made, byte for byte in the shape that
 * gitsign writes: detached, one signer, SHA-256 without parameters, the leaf alone. Signed, logged and stamped bytes go
 * in unchanged, and nothing is decoded and written again.
 */

import { readCertificate } from '../x509/certificate.ts';
import { contextConstructed, expectDer, Tag } from './der.ts';
import { encode, encodeOid, encodeSetOf } from './der-writer.ts';
import { encodeAttribute } from './signed-attributes.ts';
import { CmsOid } from './signed-data.ts';

export interface SignatureParts {
  readonly certificateDer: Uint8Array;
  /** DER of the signed attributes, tag 0x31. */
  readonly signedAttrs: Uint8Array;
  /** DER ECDSA over `signedAttrs`. */
  readonly signature: Uint8Array;
  /** Protobuf TransparencyLogEntry. Absent if only the log keeps it. */
  readonly logEntry?: Uint8Array | undefined;
  /** RFC 3161 TimeStampToken (a ContentInfo) over `signature`. */
  readonly timestampToken?: Uint8Array | undefined;
}

const VERSION_1 = encode(Tag.integer, Uint8Array.of(1));
const SHA256 = encode(Tag.sequence, encodeOid('2.16.840.1.101.3.4.2.1'));
const ECDSA_WITH_SHA256 = encode(Tag.sequence, encodeOid('1.2.840.10045.4.3.2'));

/** Returns the DER of the ContentInfo. @throws Refusal, DerError if certificate or attributes are malformed, which is a bug */
export function assembleSignedData(parts: SignatureParts): Uint8Array {
  const signedData = encode(
    Tag.sequence,
    VERSION_1,
    encode(Tag.set, SHA256),
    encode(Tag.sequence, encodeOid(CmsOid.data)),
    encode(contextConstructed(0), parts.certificateDer),
    encode(Tag.set, signerInfo(parts)),
  );
  return encode(
    Tag.sequence,
    encodeOid(CmsOid.signedData),
    encode(contextConstructed(0), signedData),
  );
}

function signerInfo(parts: SignatureParts): Uint8Array {
  const { issuer, serial } = readCertificate(parts.certificateDer);
  return encode(
    Tag.sequence,
    VERSION_1,
    encode(Tag.sequence, issuer, encode(Tag.integer, serial)),
    SHA256,
    encode(contextConstructed(0), expectDer(parts.signedAttrs, Tag.set).content),
    ECDSA_WITH_SHA256,
    encode(Tag.octetString, parts.signature),
    ...unsignedAttributes(parts),
  );
}

/** Returns the unsigned attributes, or nothing if there are none, because the set must not be empty (RFC 5652 §5.3). */
function unsignedAttributes({ logEntry, timestampToken }: SignatureParts): readonly Uint8Array[] {
  const list: Uint8Array[] = [];
  if (logEntry !== undefined) {
    const entry = encode(Tag.octetString, logEntry);
    list.push(encodeAttribute(CmsOid.transparencyLogEntry, entry));
  }
  if (timestampToken !== undefined)
    list.push(encodeAttribute(CmsOid.timeStampToken, timestampToken));
  return list.length === 0 ? [] : [encodeSetOf(contextConstructed(1), list)];
}
