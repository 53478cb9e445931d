/**
 * Finds out what to ask a log for if a signature embeds no entry (gitsign's online mode). The entry is about the object's
 * name, as gitsign rebuilds the object, and the log finds it by the signer's certificate.
 */

import { readArmor, readSignedData } from './cms/signed-data.ts';
import type { Crypto } from './crypto.ts';
import { joinSignature, objectId, payloadType } from './git/signed-object.ts';
import { embeddedEntry } from './rekor/bound-entry.ts';
import { Refusal } from './verdict.ts';
import { certificatePem } from './x509/certificate.ts';

/**
 * Returns the names under which an online entry may have been logged: SHA-1 of the object as gitsign rebuilds it and, for
 * tags, of the form that v0.16 built by mistake. Both contain payload and signature, so neither can be another object's.
 */
export function loggedNames(
  payload: Uint8Array,
  signature: Uint8Array,
  crypto: Crypto,
): readonly string[] {
  const type = payloadType(payload);
  if (type === undefined) return [];
  const forms = type === 'commit' ? (['gpgsig'] as const) : (['body', 'gpgsig'] as const);
  return forms.map((form) =>
    objectId(crypto, type, joinSignature(payload, signature, form), 'sha1'),
  );
}

/** The signer's certificate, and the object's names. */
export interface LogLookup {
  /** PEM of the signer's certificate, as Rekor indexes it. */
  readonly certificatePem: string;
  /** Hex SHA-1 names under which the entry may have been logged. */
  readonly objectIds: readonly string[];
}

/** Returns undefined if the signature cannot be read, or embeds an entry. Proves nothing. */
export function logLookupOf(
  payload: Uint8Array,
  signature: Uint8Array,
  crypto: Crypto,
): LogLookup | undefined {
  try {
    const { signer } = readSignedData(readArmor(signature));
    if (embeddedEntry(signer.unsignedAttrs) !== undefined) return undefined;
    const objectIds = loggedNames(payload, signature, crypto);
    return { certificatePem: certificatePem(signer.certificate.der), objectIds };
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
