/**
 * Computes the log entries that a signature must have. An entry is known by its leaf hash, which covers the certificate
 * too, so an entry about the same content under another certificate stays unexplained.
 */

import { equal, toHex } from '../core/bytes.ts';
import { readSignedAttributes } from '../core/cms/signed-attributes.ts';
import { readArmor, readSignedData } from '../core/cms/signed-data.ts';
import type { Crypto } from '../core/crypto.ts';
import { type SplitObject, signatureKind } from '../core/git/signed-object.ts';
import { dsseBody } from '../core/rekor/bound-entry.ts';
import { leafHash } from '../core/rekor/inclusion.ts';
import { hashedRekordV001Body, hashedRekordV002Body } from '../core/rekor/log-entry.ts';
import type { SignedBytes } from '../core/signed-bytes.ts';
import { readBundle } from '../core/statement/bundle.ts';
import { preAuthEncoding } from '../core/statement/envelope.ts';
import { Refusal } from '../core/verdict.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { signerOf } from '../core/x509/identity.ts';
import type { Watch } from './watch.ts';

/** A signature by a watched identity, as logs know it. */
export interface KnownSignature {
  readonly leaves: readonly string[];
  readonly certificate: Certificate;
}

interface Knowing {
  readonly crypto: Crypto;
  readonly watch: Watch;
}

/** Returns what `read` knows of a signature. Returns undefined for what no verifier can read, because that is no signature of ours. */
function readable(read: () => KnownSignature | undefined): KnownSignature | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Returns the leaf hashes of a signature's hashedrekord, in both logs. */
function hashedRekordLeaves(
  { signedBytes, signature, certificate }: Omit<SignedBytes, 'timestampToken'>,
  crypto: Crypto,
): readonly string[] {
  const digest = crypto.hash('sha256', signedBytes);
  const record = { digest, signature, certificateDer: certificate.der };
  const bodies = [hashedRekordV001Body(record), hashedRekordV002Body(record)];
  return bodies.map((body) => toHex(leafHash(crypto, body)));
}

/**
 * Returns what logs know of the signature of a commit, a tag or a push certificate. Returns undefined if it is not by a
 * watched identity, or if it was made over other content.
 */
export function objectSignature(
  { payload, signature }: SplitObject,
  { crypto, watch }: Knowing,
): KnownSignature | undefined {
  if (signatureKind(signature) !== 'x509') return undefined;
  return readable(() => {
    const { signer } = readSignedData(readArmor(signature));
    const { certificate, signedAttrs: signedBytes, digestHash } = signer;
    if (watch.ruleOf(signerOf(certificate)) === undefined || digestHash === undefined) return;
    const { messageDigest } = readSignedAttributes(signedBytes);
    if (!equal(messageDigest, crypto.hash(digestHash, payload))) return;
    const signed = { ...signer, signedBytes };
    return { leaves: hashedRekordLeaves(signed, crypto), certificate };
  });
}

/**
 * Returns what logs know of the bundle of a statement. Everything but the hash of the envelope's text is computed from
 * statement, signature and certificate, so a bundle with the log entry of another signature explains nothing by it.
 */
export function bundleSignature(
  bundle: Uint8Array,
  { crypto, watch }: Knowing,
): KnownSignature | undefined {
  return readable(() => {
    const { payload, signature, certificate, entry, timestampToken } = readBundle(bundle);
    if (watch.ruleOf(signerOf(certificate)) === undefined) return;
    const signedBytes = preAuthEncoding(payload);
    const signed = { signedBytes, signature, certificate, timestampToken };
    const leaves = hashedRekordLeaves(signed, crypto);
    const dsse = entry?.kind === 'dsse' ? dsseBody(entry, payload, signed, crypto) : undefined;
    const own = dsse === undefined ? [] : [toHex(leafHash(crypto, dsse))];
    return { leaves: [...leaves, ...own], certificate };
  });
}
