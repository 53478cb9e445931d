/**
 * Takes a signature apart for display. Nothing here is proved, which core/verify.ts does. A part that cannot be read is
 * left out, so that a broken signature can still be shown.
 */

import { DerError } from './cms/der.ts';
import { readSignedAttributes, type SignedAttributes } from './cms/signed-attributes.ts';
import {
  CmsOid,
  readArmor,
  readSignedData,
  type SignedData,
  singleValue,
} from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { type ObjectFormat, type ObjectType, openObject } from './git/signed-object.ts';
import { embeddedEntry } from './rekor/bound-entry.ts';
import { readCheckpoint } from './rekor/checkpoint.ts';
import type { TransparencyLogEntry } from './rekor/log-entry.ts';
import { checkKind } from './signer.ts';
import { readTimestampToken } from './tsa/timestamp-token.ts';
import { type CertificateSummary, Refusal, type Signer } from './verdict.ts';
import { summarize } from './x509/certificate.ts';
import { nameText } from './x509/distinguished-name.ts';
import { signerOf, subjectAltNames } from './x509/identity.ts';

export interface SignatureFacts {
  readonly id: string;
  readonly type: ObjectType;
  readonly raw: Uint8Array;
  readonly payload: Uint8Array;
  /** As git stores it. */
  readonly armor: Uint8Array;
  readonly message: SignedData;
  readonly attributes: SignedAttributes | undefined;
  readonly certificate: CertificateSummary;
  /** The issuer's name in the certificate. */
  readonly issuerName: string | undefined;
  /** Claimed identity. */
  readonly signer: Signer | undefined;
  /** Names of a certificate that Fulcio did not issue. */
  readonly names: readonly string[];
  readonly entry: TransparencyLogEntry | undefined;
  /** Origin of the checkpoint, which is the log's own name. */
  readonly logName: string | undefined;
  /** Unix seconds of an embedded timestamp token. */
  readonly timestamp: number | undefined;
  /** True if there is a token, readable or not. */
  readonly stamped: boolean;
}

/** Returns the value, or undefined if the bytes cannot be read. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal || error instanceof DerError) return undefined;
    throw error;
  }
}

/**
 * Takes an object's signature apart.
 * @throws Refusal `unsigned`, `object-malformed`, `signature-kind-unsupported`, or the reason why it cannot be read
 */
export function signatureFacts(
  object: { readonly id: string; readonly type: ObjectType; readonly raw: Uint8Array },
  format: ObjectFormat,
  crypto: Crypto,
): SignatureFacts {
  const { split } = openObject(object.type, object.raw, format);
  if (split === undefined) throw new Refusal('unsigned', `the ${object.type} has no signature`);
  checkKind(split.signature, crypto);
  const message = readSignedData(readArmor(split.signature));
  const { certificate, signedAttrs, unsignedAttrs } = message.signer;
  const entry = readable(() => embeddedEntry(unsignedAttrs));
  const token = readable(() => singleValue(unsignedAttrs, CmsOid.timeStampToken));
  const proof = entry?.inclusionProof;
  return {
    ...object,
    payload: split.payload,
    armor: split.signature,
    message,
    attributes: readable(() => readSignedAttributes(signedAttrs)),
    certificate: summarize(certificate, crypto),
    issuerName: readable(() => nameText(certificate.issuer)),
    signer: readable(() => signerOf(certificate)),
    names: readable(() => subjectAltNames(certificate).map(({ value }) => value)) ?? [],
    entry,
    logName: proof && readable(() => readCheckpoint(proof.checkpoint).origin),
    timestamp: token && readable(() => readTimestampToken(token.raw).info.time),
    stamped: token !== undefined,
  };
}
