/** What an agent keeps under one expectation. */

import type { Credential } from '../../signing/credential.ts';
import type { Secret } from '../../system/secret.ts';
import type { CredentialStatus } from '../wire/protocol.ts';
import type { Held } from './held.ts';
import type { Network } from './workshop.ts';

/** `held` goes at its end, the rest stays for renewing it. */
export interface Slot {
  held: Held | undefined;
  refreshToken: Secret | undefined;
  /** What the login came through: it is renewed there, and nowhere that a repository names (threat D21). */
  network: Network;
  /** Who signs with it: the same for ever. */
  readonly identity: { readonly value: string; readonly kind: Credential['signer']['kind'] };
  readonly issuer: string;
  renewals: number;
  signatures: number;
}

/** The slot of a credential that takes the place of another one: the same account goes on counting, and may be renewed as before. */
export function slotAfter(
  before: Slot | undefined,
  held: Held,
  { refreshToken, network }: Pick<Slot, 'refreshToken' | 'network'>,
): Slot {
  const { value, kind, issuer } = held.credential.signer;
  const same = before?.identity.value === value && before.issuer === issuer ? before : undefined;
  return {
    held,
    refreshToken: refreshToken ?? same?.refreshToken,
    network: refreshToken === undefined && same !== undefined ? same.network : network,
    identity: { value, kind },
    issuer,
    renewals: same?.renewals ?? 0,
    signatures: same?.signatures ?? 0,
  };
}

/** What may be told of it. */
export function statusOf(expected: string, slot: Slot): CredentialStatus {
  return {
    expected,
    identity: slot.identity.value,
    issuer: slot.issuer,
    notAfter: slot.held?.credential.certificate.notAfter ?? 0,
    renewals: slot.renewals,
    renewable: slot.refreshToken !== undefined,
    signatures: slot.signatures,
  };
}
