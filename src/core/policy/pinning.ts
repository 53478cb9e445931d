/**
 * Names the key of a signature that no policy pins, and the line under `signers:` that would pin it. The key is claimed and
 * not proved, so the line is for a reader who knows that key.
 */

import type { Crypto } from '../crypto.ts';
import { claimedOpenPgpKey } from '../git/openpgp-signature.ts';
import { signingSshKey, sshFingerprint } from '../git/ssh-signature.ts';
import type { KeyKind } from '../identity-kind.ts';

/** The ids of the keys of the preset github-web-flow (github-web-flow.ts). GitHub's signatures name only them. */
export const GITHUB_KEY_IDS: readonly string[] = ['4AEE18F83AFDEB23', 'B5690EEEBB952194'];

/** A claimed key in words. */
interface ClaimedKeyWords {
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
    const name = `SSH key ${sshFingerprint(key, crypto)}`;
    return { name, advice: `If you know it, add: - {name: NAME, ssh: '${key}'}` };
  }
  const key = claimedOpenPgpKey(signature);
  if (key === undefined) return undefined;
  const line = (id: string): string =>
    `If you know it, add: - {name: NAME, openpgp: KEY}, with KEY from: gpg --export --armor ${id}`;
  if ('fingerprint' in key) {
    return { name: `OpenPGP key ${key.fingerprint}`, advice: line(key.fingerprint) };
  }
  if (GITHUB_KEY_IDS.includes(key.keyId)) {
    const advice = 'If GitHub made it, add: - {name: NAME, preset: github-web-flow}';
    return { name: `OpenPGP key id ${key.keyId}`, advice };
  }
  const warning = 'The signature names only an id, which another key can have too.';
  return { name: `OpenPGP key id ${key.keyId}`, advice: `${warning} ${line(key.keyId)}` };
}

/** Returns the words for a signature by a key, if there is no policy that pins keys of its kind. */
export function unpinnedKey(kind: KeyKind, signature: Uint8Array, crypto: Crypto): string {
  const words = wordsFor(kind, signature, crypto);
  if (words === undefined) {
    return `signed with an ${kind === 'ssh' ? 'SSH' : 'OpenPGP'} key, which no policy pins`;
  }
  return `signed with ${words.name}, which no policy pins. ${words.advice}`;
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
