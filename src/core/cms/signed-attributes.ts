/**
 * Reads and writes the signed attributes of a git signature (RFC 5652 §5.3, §11): content type, signing time, message
 * digest, each exactly once. The signature covers the DER of this set, not the commit. The message digest links the two.
 */

import { Refusal } from '../verdict.ts';
import { DerError, expect, expectDer, readOid, readTime, Tag } from './der.ts';
import { encode, encodeOid, encodeSetOf, encodeUtcTime } from './der-writer.ts';
import { type Attribute, CmsOid, readAttributes, singleValue } from './signed-data.ts';

export interface SignedAttributes {
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  /** Unix seconds by the signer's own clock, which nothing proves. */
  readonly signingTime: number | undefined;
  readonly all: readonly Attribute[];
}

/**
 * Reads signed attributes (DER, tag 0x31). Content type and message digest must occur exactly once with one value.
 * @throws Refusal `cms-malformed`
 */
export function readSignedAttributes(der: Uint8Array): SignedAttributes {
  try {
    const all = readAttributes(expectDer(der, Tag.set));
    const contentType = singleValue(all, CmsOid.contentType);
    const messageDigest = singleValue(all, CmsOid.messageDigest);
    const signingTime = singleValue(all, CmsOid.signingTime);
    if (contentType === undefined || messageDigest === undefined) {
      throw new Refusal(
        'cms-malformed',
        'content type or message digest is missing from the signed attributes',
      );
    }
    return {
      contentType: readOid(contentType),
      messageDigest: expect(messageDigest, Tag.octetString).content,
      signingTime: signingTime && readTime(signingTime),
      all,
    };
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('cms-malformed', error.message);
    throw error;
  }
}

/** The values that a signer signs about a payload. */
export interface SignedStatement {
  /** SHA-256 of the payload. */
  readonly messageDigest: Uint8Array;
  /** Unix seconds, before 2050. */
  readonly signingTime: number;
}

/** Encodes the three attributes of a payload for signing (tag 0x31), in the DER order of a SET OF, as gitsign does. */
export function buildSignedAttributes({ messageDigest, signingTime }: SignedStatement): Uint8Array {
  return encodeSetOf(Tag.set, [
    encodeAttribute(CmsOid.contentType, encodeOid(CmsOid.data)),
    encodeAttribute(CmsOid.signingTime, encodeUtcTime(signingTime)),
    encodeAttribute(CmsOid.messageDigest, encode(Tag.octetString, messageDigest)),
  ]);
}

/** Encodes an attribute (RFC 5652 §5.3) with one value, which must be DER. */
export function encodeAttribute(type: string, value: Uint8Array): Uint8Array {
  return encode(Tag.sequence, encodeOid(type), encode(Tag.set, value));
}
