/**
 * Compares a push certificate with the push that it came with: what the server asked, its address, and the refs that move.
 * The signature is verified elsewhere.
 */

import { Refusal } from '../verdict.ts';
import type { PushCertificate, SignedUpdate } from './push-certificate.ts';

/** What the server knows about a push. */
export interface ReceivedPush {
  /** What the server asked to sign (`GIT_PUSH_CERT_NONCE`). */
  readonly nonce: string | undefined;
  /** git's word for the nonce in the certificate (`GIT_PUSH_CERT_NONCE_STATUS`). */
  readonly nonceStatus: string | undefined;
  /** Returns true for an address of this repository. */
  readonly isHere: (pushee: string) => boolean;
  /** The refs that move, with zeros for no value. */
  readonly updates: readonly SignedUpdate[];
}

const lineOf = ({ old, new: fresh, ref }: SignedUpdate): string => `${old} ${fresh} ${ref}`;

/**
 * Checks that a certificate is about this push and no other. git answers OK only for a nonce that it made for this
 * connection or, over HTTP, within `receive.certNonceSlop`.
 * @throws Refusal `push-not-fresh`, `push-elsewhere`, `push-differs`
 */
export function checkPush(
  { nonce, pushee, updates }: PushCertificate,
  received: ReceivedPush,
): void {
  if (nonce === undefined || nonce !== received.nonce || received.nonceStatus !== 'OK') {
    const word = received.nonceStatus ?? 'MISSING';
    const detail = `the certificate has another nonce than this server asked for (${word})`;
    throw new Refusal('push-not-fresh', detail);
  }
  if (pushee === undefined || !received.isHere(pushee)) {
    throw new Refusal('push-elsewhere', `the push was signed for ${pushee ?? 'no address'}`);
  }
  const signed = new Set(updates.map(lineOf));
  const moved = new Set(received.updates.map(lineOf));
  const unsigned = received.updates.find((update) => !signed.has(lineOf(update)));
  if (unsigned !== undefined) {
    const detail = `the push moves ${unsigned.ref}, and the certificate does not say so`;
    throw new Refusal('push-differs', detail);
  }
  const absent = updates.find((update) => !moved.has(lineOf(update)));
  if (absent === undefined) return;
  throw new Refusal('push-differs', `the certificate moves ${absent.ref}, and the push does not`);
}
