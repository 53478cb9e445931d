/**
 * Reads OpenPGP keys that may enter a policy. Each is written again without the certifications of others and without
 * pictures, because a policy is short. The library is loaded on use.
 */

import type { Key } from 'openpgp';
import { ConfigError } from '../../errors.ts';

export interface OpenPgpKey {
  /** Of the primary key, upper-case hex. */
  readonly fingerprint: string;
  /** Fingerprints and ids of the key and its subkeys, upper-case hex: what a signature may call it. */
  readonly names: readonly string[];
  /** One armored public key. */
  readonly armored: string;
  /** User ids. The key itself says them, so they prove nothing. */
  readonly userIds: readonly string[];
}

const BLOCK = /-----BEGIN PGP [A-Z ]+-----[\s\S]*?-----END PGP [A-Z ]+-----/g;

function shortened(key: Key): OpenPgpKey {
  for (const user of key.users) user.otherCertifications = [];
  key.users = key.users.filter(({ userID }) => userID !== null);
  const names = key
    .getKeys()
    .flatMap((one) => [one.getFingerprint(), one.getKeyID().toHex()])
    .map((name) => name.toUpperCase());
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    names,
    armored: key.toPublic().armor().replaceAll('\r', '').trimEnd(),
    userIds: key.getUserIDs(),
  };
}

/** Returns whether a text may hold OpenPGP keys. */
export function holdsOpenPgp(text: string): boolean {
  return text.includes('-----BEGIN PGP ');
}

/**
 * Returns the public keys of a text, which may hold several armored blocks.
 * @throws ConfigError naming `source`, for a secret key or a block that cannot be read
 */
export async function readOpenPgpKeyFile(
  text: string,
  source: string,
): Promise<readonly OpenPgpKey[]> {
  const { readKeys } = await import('openpgp');
  const found: OpenPgpKey[] = [];
  for (const block of text.match(BLOCK) ?? []) {
    let keys: readonly Key[];
    try {
      keys = await readKeys({ armoredKeys: block });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`${source}: an OpenPGP key cannot be read: ${why}`);
    }
    if (keys.some((key) => key.isPrivate())) {
      throw new ConfigError(`${source}: it holds a secret key`, {
        hint: 'a policy needs the public key: gpg --export --armor FINGERPRINT',
      });
    }
    found.push(...keys.map(shortened));
  }
  return found;
}
