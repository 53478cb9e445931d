/**
 * Names the key of a signature that no policy pins, and the line under `signers:` that would pin it. The key is claimed and
 * not proved, so the line is for a reader who knows that key.
 */

import type { Crypto } from '../crypto.ts';
import { claimedOpenPgpKey } from '../git/openpgp-signature.ts';
import { signingSshKey, sshFingerprint } from '../git/ssh-signature.ts';
import type { KeyKind } from '../identity-kind.ts';
import type { Signer } from '../verdict.ts';

/** The ids of the keys of the preset github-web-flow (github-web-flow.ts). GitHub's signatures name only them. */
export const GITHUB_KEY_IDS: readonly string[] = ['4AEE18F83AFDEB23', 'B5690EEEBB952194'];

/** A claimed key in words. */
interface ClaimedKeyWords {
  /** Fingerprint, or the id if the signature names no more. */
  readonly value: string;
  /** What signed: `SSH key SHA256:…`. */
  readonly name: string;
  /** The next step, as a sentence. */
  readonly advice: string;
}

function wordsFor(
  kind: KeyKind,
  signature: Uint8Array,
  crypto: Crypto,
): ClaimedKeyWords | undefined {
  if (kind === 'ssh') {
    const key = signingSshKey(signature);
    if (key === undefined) return undefined;
    const value = sshFingerprint(key, crypto);
    return {
      value,
      name: `SSH key ${value}`,
      advice: `If you know it, add: - {name: NAME, ssh: '${key}'}`,
    };
  }
  const key = claimedOpenPgpKey(signature);
  if (key === undefined) return undefined;
  const line = (id: string): string =>
    `If you know it, add: - {name: NAME, openpgp: KEY}, with KEY from: gpg --export --armor ${id}`;
  if ('fingerprint' in key) {
    const value = key.fingerprint;
    return { value, name: `OpenPGP key ${value}`, advice: line(value) };
  }
  const value = key.keyId;
  const name = `OpenPGP key id ${value}`;
  if (GITHUB_KEY_IDS.includes(value)) {
    const advice = 'If GitHub made it, add: - {name: NAME, preset: github-web-flow}';
    return { value, name, advice };
  }
  const warning = 'The signature names only an id, which another key can have too.';
  return { value, name, advice: `${warning} ${line(value)}` };
}

/** What a report says of a signature by a key, if there is no policy that pins keys of its kind. */
interface UnpinnedKey {
  readonly detail: string;
  /** The key as the signature claims it. */
  readonly claimedSigner?: Signer;
}

/** Returns the words for a signature by a key, if there is no policy that pins keys of its kind, and the key that it claims. */
export function unpinnedKey(kind: KeyKind, signature: Uint8Array, crypto: Crypto): UnpinnedKey {
  const words = wordsFor(kind, signature, crypto);
  if (words === undefined) {
    const what = kind === 'ssh' ? 'SSH' : 'OpenPGP';
    return { detail: `signed with an ${what} key, which no policy pins` };
  }
  const { value, name, advice } = words;
  return {
    detail: `signed with ${name}, which no policy pins. ${advice}`,
    claimedSigner: { kind, value, issuer: 'policy', extensions: {} },
  };
}

/** Returns the words for a signature by a key that is not among the keys of the policy `source`. */
export function keyNotPinned(
  kind: KeyKind,
  signature: Uint8Array,
  source: string,
  crypto: Crypto,
): string {
  const words = wordsFor(kind, signature, crypto);
  if (words === undefined) return `signed by a key that ${source} does not pin`;
  return `signed with ${words.name}, which ${source} does not pin. ${words.advice}`;
}
