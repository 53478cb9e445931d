/**
 * A git signature as a Sigstore bundle v0.3 (github.com/sigstore/protobuf-specs, sigstore_bundle.proto), for other
 * verifiers. The artifact of the bundle is the DER of the signed attributes: that, not the git object, is what the
 * signature and the log entry are about. The tie to the object is the messageDigest attribute inside it, which a
 * bundle verifier cannot see: a good bundle says nothing about a commit by itself.
 */

import { concat, toBase64 } from './bytes.ts';
import { CmsOid, type SignedData, singleValue } from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { bindEmbeddedEntry, embeddedEntry } from './rekor/bound-entry.ts';
import type { InclusionProof, TransparencyLogEntry } from './rekor/log-entry.ts';
import { Refusal } from './verdict.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface BundleInclusionProof {
  readonly logIndex: string;
  readonly rootHash: string;
  readonly treeSize: string;
  readonly hashes: readonly string[];
  readonly checkpoint: { readonly envelope: string };
}

export interface BundleLogEntry {
  readonly logIndex: string;
  readonly logId: { readonly keyId: string };
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly integratedTime: string;
  readonly inclusionPromise?: { readonly signedEntryTimestamp: string };
  readonly inclusionProof?: BundleInclusionProof;
  readonly canonicalizedBody: string;
}

/** The JSON form (proto3 JSON mapping: int64 as text, bytes as base64). */
export interface SigstoreBundle {
  readonly mediaType: typeof MEDIA_TYPE;
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly BundleLogEntry[];
    readonly timestampVerificationData?: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly messageSignature: {
    readonly messageDigest: { readonly algorithm: 'SHA2_256'; readonly digest: string };
    readonly signature: string;
  };
}

/** A token as the TimeStampResp that carried it (RFC 3161 §2.4.2): PKIStatusInfo `granted`, then the token. */
function timestampResponse(token: Uint8Array): Uint8Array {
  const granted = [0x30, 0x03, 0x02, 0x01, 0x00];
  const length = granted.length + token.length;
  const header = [0x30, ...derLength(length)];
  return concat(Uint8Array.from([...header, ...granted]), token);
}

function derLength(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

function bundleProof(proof: InclusionProof): BundleInclusionProof {
  return {
    logIndex: String(proof.logIndex),
    rootHash: toBase64(proof.rootHash),
    treeSize: String(proof.treeSize),
    hashes: proof.hashes.map(toBase64),
    checkpoint: { envelope: proof.checkpoint },
  };
}

function bundleEntry(entry: TransparencyLogEntry, body: Uint8Array): BundleLogEntry {
  const { inclusionPromise: promise, inclusionProof: proof } = entry;
  // gitsign stores entries of Rekor v2 as 0.0.1: the body that the proof is about says what it is
  const version = /^\{"apiVersion":"([0-9.]+)"/.exec(Buffer.from(body).toString('latin1'))?.[1];
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.logId) },
    kindVersion: { kind: entry.kind, version: version ?? entry.version },
    integratedTime: String(entry.integratedTime),
    ...(promise === undefined
      ? {}
      : { inclusionPromise: { signedEntryTimestamp: toBase64(promise) } }),
    ...(proof === undefined ? {} : { inclusionProof: bundleProof(proof) }),
    canonicalizedBody: toBase64(body),
  };
}

/**
 * The bundle of a signature that embeds its log entry. Nothing is proved by making one, except that the entry is
 * about this signature: without that there is no body to put in.
 * @throws Refusal `log-entry-absent`, or why the entry cannot be used
 */
export function toSigstoreBundle({ signer }: SignedData, crypto: Crypto): SigstoreBundle {
  const embedded = embeddedEntry(signer.unsignedAttrs);
  if (embedded === undefined) {
    throw new Refusal(
      'log-entry-absent',
      'the signature holds no log entry, so it makes no bundle',
    );
  }
  const { entry, body } = bindEmbeddedEntry(embedded, signer, crypto);
  const token = singleValue(signer.unsignedAttrs, CmsOid.timeStampToken);
  const stamps =
    token === undefined
      ? {}
      : {
          timestampVerificationData: {
            rfc3161Timestamps: [{ signedTimestamp: toBase64(timestampResponse(token.raw)) }],
          },
        };
  return {
    mediaType: MEDIA_TYPE,
    verificationMaterial: {
      certificate: { rawBytes: toBase64(signer.certificate.der) },
      tlogEntries: [bundleEntry(entry, body)],
      ...stamps,
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
