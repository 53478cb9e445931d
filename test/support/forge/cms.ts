/** CMS SignedData from its parts, faults and all; timestamp tokens are made with it too. */

import { createHash } from 'node:crypto';
import { utf8 } from '../../../src/core/bytes.ts';
import { contextConstructed, Tag } from '../../../src/core/cms/der.ts';
import { encode, encodeOid, encodeSetOf, encodeUnsigned } from './der.ts';
import { digestAlgorithm, type ForgeKey, type Hash, signatureAlgorithm } from './keys.ts';

export interface SignedDataSpec {
  readonly version: number;
  readonly contentType: string;
  /** Attached content; undefined when detached. */
  readonly content: Uint8Array | undefined;
  readonly certificates: readonly Uint8Array[];
  /** Leaves the field of certificates out. */
  readonly withoutBag?: true;
  readonly issuer: Uint8Array;
  readonly serial: Uint8Array;
  readonly key: ForgeKey;
  readonly hash: Hash;
  /** Attributes, DER, in the order they are given. */
  readonly signedAttributes: readonly Uint8Array[];
  readonly unsignedAttributes: readonly Uint8Array[];
  /** The signed attributes as they stand elsewhere, instead of those above. */
  readonly signedAttrs?: Uint8Array;
  /** The signature value, where it is already made or wrong. */
  readonly signature?: Uint8Array;
}

const SEQ = Tag.sequence;

export function attribute(oid: string, ...values: readonly Uint8Array[]): Uint8Array {
  return encode(SEQ, encodeOid(oid), encode(Tag.set, ...values));
}

/** DER SET OF signed attributes: what is signed. */
export const attributesDer = (attributes: readonly Uint8Array[]): Uint8Array =>
  encodeSetOf(Tag.set, attributes);

/** The ContentInfo. */
export function signedData(spec: SignedDataSpec): Uint8Array {
  const { content, hash, key } = spec;
  const signed = spec.signedAttrs ?? attributesDer(spec.signedAttributes);
  const signature = spec.signature ?? key.sign(signed, hash);
  const implicit = (n: number, set: Uint8Array): Uint8Array => {
    const copy = Uint8Array.from(set);
    copy[0] = contextConstructed(n);
    return copy;
  };
  const unsigned = spec.unsignedAttributes;
  const signerInfo = encode(
    SEQ,
    encodeUnsigned(Uint8Array.of(1)),
    encode(SEQ, spec.issuer, encodeUnsigned(spec.serial)),
    digestAlgorithm(hash),
    implicit(0, signed),
    signatureAlgorithm(key.kind, hash),
    encode(Tag.octetString, signature),
    unsigned.length === 0 ? new Uint8Array() : encodeSetOf(contextConstructed(1), unsigned),
  );
  const encapsulated = encode(
    SEQ,
    encodeOid(spec.contentType),
    content === undefined
      ? new Uint8Array()
      : encode(contextConstructed(0), encode(Tag.octetString, content)),
  );
  const body = encode(
    SEQ,
    encodeUnsigned(Uint8Array.of(spec.version)),
    encode(Tag.set, digestAlgorithm(hash)),
    encapsulated,
    spec.withoutBag === true
      ? new Uint8Array()
      : encode(contextConstructed(0), ...spec.certificates),
    encode(Tag.set, signerInfo),
  );
  return encode(SEQ, encodeOid('1.2.840.113549.1.7.2'), encode(contextConstructed(0), body));
}

/** `fraction` is the text after the seconds, such as `.5`. */
export function generalizedTime(seconds: number, fraction = ''): Uint8Array {
  const text = new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '');
  return encode(Tag.generalizedTime, utf8(`${text}${fraction}Z`));
}

export const digest = (hash: Hash, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(hash).update(bytes).digest());
