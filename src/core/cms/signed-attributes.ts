/**
 * The signed attributes of a git signature (RFC 5652 §5.3, §11): content type, signing time, message digest, each
 * exactly once. What is signed is the DER of this set, not the commit; the message digest ties the two together.
 */

import { Refusal } from '../verdict.ts';
import { DerError, expect, expectDer, readOid, readTime, Tag } from './der.ts';
import { encode, encodeOid, encodeSetOf, encodeUtcTime } from './der-writer.ts';
import { type Attribute, CmsOid, readAttributes, singleValue } from './signed-data.ts';

export interface SignedAttributes {
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  /** Unix seconds by the signer's own clock: told, not proved. */
  readonly signingTime: number | undefined;
  readonly all: readonly Attribute[];
}

/**
 * Reads signed attributes (DER, tag 0x31). Content type and message digest must stand exactly once with one value.
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

/** What a signer says of a payload. */
export interface SignedStatement {
  /** SHA-256 of the payload. */
  readonly messageDigest: Uint8Array;
  /** Unix seconds, before 2050. */
  readonly signingTime: number;
}

/** The three attributes of a payload as they are signed (tag 0x31): DER order of a SET OF, which is gitsign's too. */
export function buildSignedAttributes({ messageDigest, signingTime }: SignedStatement): Uint8Array {
  return encodeSetOf(Tag.set, [
    encodeAttribute(CmsOid.contentType, encodeOid(CmsOid.data)),
    encodeAttribute(CmsOid.signingTime, encodeUtcTime(signingTime)),
    encodeAttribute(CmsOid.messageDigest, encode(Tag.octetString, messageDigest)),
  ]);
}

/** Attribute (RFC 5652 §5.3) with one value, signed or not; the value is DER already. */
export function encodeAttribute(type: string, value: Uint8Array): Uint8Array {
  return encode(Tag.sequence, encodeOid(type), encode(Tag.set, value));
}
