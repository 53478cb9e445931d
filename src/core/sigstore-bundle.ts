/**
 * Writes a git signature as a Sigstore bundle v0.3 (github.com/sigstore/protobuf-specs, sigstore_bundle.proto), for other
 * verifiers. The artifact of the bundle is the DER of the signed attributes, because signature and log entry cover that
 * and not the git object. Its messageDigest attribute links it to the object. A bundle verifier does not see that link, so
 * a good bundle alone proves nothing about a commit.
 */

import { toBase64 } from './bytes.ts';
import { CmsOid, type SignedData, singleValue } from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { bindEmbeddedEntry, embeddedEntry } from './rekor/bound-entry.ts';
import { logEntryToJson } from './rekor/log-answer.ts';
import { signedBytesOf } from './signer.ts';
import { responseFromToken } from './tsa/timestamp-info.ts';
import { Refusal } from './verdict.ts';

/** The JSON form (proto3 JSON mapping with int64 as text and bytes as base64). */
export interface SigstoreBundle {
  readonly mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json';
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly Readonly<Record<string, unknown>>[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly messageSignature: {
    readonly messageDigest: { readonly algorithm: 'SHA2_256'; readonly digest: string };
    readonly signature: string;
  };
}

/**
 * Returns the bundle of a signature that embeds its log entry. It proves only that the entry is about this signature,
 * because its body is rebuilt from the signature.
 * @throws Refusal `log-entry-absent`, or the reason why the entry cannot be used
 */
export function toSigstoreBundle({ signer }: SignedData, crypto: Crypto): SigstoreBundle {
  const embedded = embeddedEntry(signer.unsignedAttrs);
  if (embedded === undefined) {
    throw new Refusal(
      'log-entry-absent',
      'the signature holds no log entry, so it makes no bundle',
    );
  }
  const { entry, body } = bindEmbeddedEntry(embedded, signedBytesOf(signer), crypto);
  const token = singleValue(signer.unsignedAttrs, CmsOid.timeStampToken);
  const stamps =
    token === undefined ? [] : [{ signedTimestamp: toBase64(responseFromToken(token.raw)) }];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: toBase64(signer.certificate.der) },
      tlogEntries: [logEntryToJson(entry, body)],
      ...(token === undefined ? {} : { timestampVerificationData: { rfc3161Timestamps: stamps } }),
    },
    messageSignature: {
      messageDigest: {
        algorithm: 'SHA2_256',
        digest: toBase64(crypto.hash('sha256', signer.signedAttrs)),
      },
      signature: toBase64(signer.signature),
    },
  };
}
