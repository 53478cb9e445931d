/**
 * The first checks of core/verify.ts, on bytes alone: a message in the form that gitsign writes, about this payload,
 * signed by the key in its certificate. The issuer of that certificate is checked later.
 */

import { equal, latin1 } from './bytes.ts';
import { readSignedAttributes } from './cms/signed-attributes.ts';
import {
  CmsOid,
  readArmor,
  readSignedData,
  type SignerInfo,
  singleValue,
} from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { signatureKind } from './git/signed-object.ts';
import type { KeyKind } from './identity-kind.ts';
import { unpinnedKey } from './policy/pinning.ts';
import { recent } from './remembered.ts';
import type { SignedBytes } from './signed-bytes.ts';
import { type CertificateSummary, type Check, Refusal, type Signer } from './verdict.ts';
import { type Certificate, summarize } from './x509/certificate.ts';
import { isFulcioCertificate, signerOf } from './x509/identity.ts';

/** Facts from earlier checks, to report the claims of a refused signature. */
export interface Progress {
  check: Check;
  claimedSigner?: Signer;
  certificate?: CertificateSummary;
  kind?: KeyKind;
}

/** Refuses other kinds of signatures, which keyless evidence cannot settle. @throws Refusal `signature-kind-unsupported` */
export function checkKind(signature: Uint8Array, crypto: Crypto, progress?: Progress): void {
  const kind = signatureKind(signature);
  if (kind === 'x509') return;
  if (kind === 'unknown') {
    throw new Refusal('signature-kind-unsupported', 'the signature is of no known kind');
  }
  const { detail, claimedSigner: claimed } = unpinnedKey(kind, signature, crypto);
  if (progress !== undefined) progress.kind = kind;
  if (progress !== undefined && claimed !== undefined) progress.claimedSigner = claimed;
  throw new Refusal('signature-kind-unsupported', detail);
}

/** Reads the signer of a detached message in the form that gitsign writes. Algorithms must be on the allow-list. */
export function readSigner(signature: Uint8Array, crypto: Crypto, progress: Progress): SignerInfo {
  const der = readArmor(signature);
  if (isForeignEncoding(der)) throw foreign();
  const message = readSignedData(der);
  const { signer } = message;
  const { certificate } = signer;
  const { summary, claimed } = factsOf(certificate, crypto);
  progress.certificate = summary;
  if (!isFulcioCertificate(certificate)) throw foreign();
  if (claimed !== undefined) progress.claimedSigner = claimed;
  if (message.contentType !== CmsOid.data)
    throw new Refusal('cms-unsupported', 'the message is not about plain data');
  // content inside the message would replace the payload (threats L1, C01)
  if (message.content !== undefined)
    throw new Refusal('cms-unsupported', 'the message is not detached');
  const supported =
    signer.digestHash === 'sha256' &&
    signer.signatureHash === 'sha256' &&
    certificate.publicKey?.kind === 'p256';
  if (!supported)
    throw new Refusal('cms-unsupported', 'the algorithm is not ECDSA P-256 with SHA-256');
  return signer;
}

interface CertificateFacts {
  readonly certificate: Certificate;
  readonly summary: CertificateSummary;
  readonly claimed: Signer | undefined;
}

const facts: CertificateFacts[] = [];

/** Returns what a certificate says, from the last few if it is one of them. The same certificate is the same object. */
function factsOf(certificate: Certificate, crypto: Crypto): CertificateFacts {
  return recent(
    facts,
    (known) => known.certificate === certificate,
    () => ({
      certificate,
      summary: summarize(certificate, crypto),
      // what other programs issue is not read any further
      claimed: isFulcioCertificate(certificate) ? claimedSigner(certificate) : undefined,
    }),
  );
}

function foreign(): Refusal {
  return new Refusal(
    'foreign-issuer',
    'it is an S/MIME signature by a certificate that Fulcio did not issue',
  );
}

/** The encoded arc 1.3.6.1.4.1.57264, which every certificate of Fulcio holds. */
const SIGSTORE_ARC = Uint8Array.of(0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30);

/** Returns true for BER of indefinite length, which gpgsm writes. No signature of gitsign or of this program has that form. */
function isForeignEncoding(der: Uint8Array): boolean {
  return der[0] === 0x30 && der[1] === 0x80 && !latin1(der).includes(latin1(SIGSTORE_ARC));
}

/** Returns the signer that a certificate names, or undefined if it names none. Nothing is proved. */
export function claimedSigner(certificate: Certificate): Signer | undefined {
  try {
    return signerOf(certificate);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Checks that the signed attributes are about plain data and this payload (RFC 5652 §11.1–11.2). */
export function checkContent(payload: Uint8Array, signer: SignerInfo, crypto: Crypto): void {
  const attributes = readSignedAttributes(signer.signedAttrs);
  if (attributes.contentType !== CmsOid.data) {
    throw new Refusal('cms-unsupported', 'the signature is not about plain data');
  }
  if (!equal(attributes.messageDigest, crypto.hash('sha256', payload))) {
    throw new Refusal(
      'content-digest-differs',
      'the content is not what was signed (content digest differs)',
    );
  }
}

/** Returns the signature over the DER of the attributes, exactly as received, under the SET OF tag (RFC 5652 §5.4). */
export function signedBytesOf(signer: SignerInfo): SignedBytes {
  const { certificate, signedAttrs: signedBytes, signature, unsignedAttrs } = signer;
  return {
    ...{ signedBytes, signature, certificate },
    /** @throws Refusal `cms-malformed` if there are several. The signature is checked first. */
    get timestampToken() {
      return singleValue(unsignedAttrs, CmsOid.timeStampToken)?.raw;
    },
  };
}
