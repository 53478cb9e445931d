/**
 * Verifies OpenPGP signatures (RFC 9580) by keys that a policy pins. It uses no keyring and no key server. It judges the
 * key at the time that the signature itself states, so a key that has expired still verifies older signatures. The
 * policy's own dates limit that. The library is loaded on use, never on git's path.
 */

import type { Key, Signature } from 'openpgp';
import { latin1 } from '../../core/bytes.ts';
import type { IdentityPolicy, KeyRule } from '../../core/policy/model.ts';
import type { ReasonCode } from '../../core/verdict.ts';
import { ConfigError } from '../../errors.ts';

/** The result of verifying a signature by a key. */
export type KeyCheck =
  | {
      readonly status: 'good';
      readonly rule: KeyRule;
      readonly fingerprint: string;
      /** Unix seconds, as the signature states. SSH signatures state no time. */
      readonly time?: number;
    }
  | {
      readonly status: 'bad';
      readonly code: ReasonCode;
      readonly detail: string;
      readonly claimed?: string | undefined;
    }
  | { readonly status: 'unknown'; readonly claimed: string };

interface PinnedKey {
  readonly rule: KeyRule;
  readonly key: Key;
}

/** SHA-256, -384, -512, -224, SHA3-256, -512 (RFC 9580 §9.5). For none of them is a collision known. */
const STRONG_DIGESTS: ReadonlySet<number> = new Set([8, 9, 10, 11, 12, 14]);
const BINARY = 0x00;
const CLOCK_TOLERANCE = 300;

async function readKey(rule: KeyRule, source: string): Promise<PinnedKey> {
  const { readKeys } = await import('openpgp');
  try {
    const [key, second] = await readKeys({ armoredKeys: rule.key });
    if (key === undefined || second !== undefined) throw new Error('it must hold exactly one key');
    if (key.isPrivate()) throw new Error('it is a secret key');
    return { rule, key };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${source}: the OpenPGP key of ${rule.name} cannot be read: ${why}`, {
      code: 'POLICY_FILE',
    });
  }
}

async function readSignaturePacket(armor: Uint8Array): Promise<Signature | undefined> {
  const { readSignature } = await import('openpgp');
  try {
    return await readSignature({ armoredSignature: latin1(armor) });
  } catch {
    return undefined;
  }
}

const bad = (code: ReasonCode, detail: string, claimed?: string): KeyCheck => ({
  ...{ status: 'bad', code, detail },
  claimed,
});

/** Checks that every OpenPGP key of a policy can be read. @throws ConfigError POLICY_FILE if not */
export async function readOpenPgpKeys({ keys = [], source }: IdentityPolicy): Promise<void> {
  for (const rule of keys) if (rule.kind === 'openpgp') await readKey(rule, source);
}

/** Returns a verifier for the OpenPGP keys of a policy. @throws ConfigError POLICY_FILE if a key cannot be read */
export async function openPgpVerifier(
  rules: readonly KeyRule[],
  source: string,
): Promise<(payload: Uint8Array, armor: Uint8Array, now: number) => Promise<KeyCheck>> {
  const { createMessage, verify } = await import('openpgp');
  const keys = await Promise.all(rules.map((rule) => readKey(rule, source)));
  return async (payload, armor, now) => {
    const signature = await readSignaturePacket(armor);
    const packets = signature?.packets ?? [];
    const [packet] = packets;
    if (signature === undefined || packet === undefined) {
      return bad('armor-malformed', 'the OpenPGP signature cannot be read');
    }
    if (packets.length !== 1)
      return bad('signer-ambiguous', 'there is more than one OpenPGP signature');
    const claimed = packet.issuerKeyID.toHex().toUpperCase();
    const pinned = keys.find(({ key }) => key.getKeys(packet.issuerKeyID).length > 0);
    if (pinned === undefined) return { status: 'unknown', claimed };
    const weak = !STRONG_DIGESTS.has(packet.hashAlgorithm ?? 0) || packet.signatureType !== BINARY;
    if (weak) {
      const detail = 'the OpenPGP signature has a weak digest, or does not sign bytes';
      return bad('signature-invalid', detail, claimed);
    }
    const { created } = packet;
    const time = Math.floor((created?.getTime() ?? Number.NaN) / 1000);
    if (created == null || Number.isNaN(time))
      return bad('time-missing', 'the OpenPGP signature states no time', claimed);
    if (time > now + CLOCK_TOLERANCE) {
      return bad('time-in-future', 'the OpenPGP signature is dated in the future', claimed);
    }
    try {
      const message = await createMessage({ binary: payload });
      const options = { message, signature, verificationKeys: pinned.key, date: created };
      const [result] = (await verify({ ...options, format: 'binary' })).signatures;
      if (result === undefined || (await result.verified) !== true) throw new Error('no result');
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return bad('signature-invalid', `the OpenPGP signature does not verify: ${why}`, claimed);
    }
    const fingerprint = pinned.key.getFingerprint().toUpperCase();
    return { status: 'good', rule: pinned.rule, fingerprint, time };
  };
}
