/** A keyring of GnuPG that starts no agent: public keys alone, some of which its owner trusts. */

import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './git-repository.ts';
import { findProgram } from './tools.ts';

export interface Keyring {
  readonly home: string;
  /** Imports an armored public key. Trusted: GnuPG holds it to be valid. */
  readonly add: (
    key: { readonly armored: string; readonly fingerprint: string },
    trusted: boolean,
  ) => void;
  /** Names of all files of the keyring. */
  readonly files: () => readonly string[];
}

export function gnupgKeyring(home: string): Keyring {
  const path = join(home, 'gnupg');
  mkdirSync(path, { mode: 0o700 });
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, GNUPGHOME: path };
  const gpg = (input: string, ...args: string[]) => {
    const quiet = ['--batch', '--no-tty', '--quiet', '--no-autostart'];
    const options = { cwd: home, env, input: Buffer.from(input) };
    const ran = run(findProgram('gpg') ?? 'gpg', [...quiet, ...args], options);
    if (ran.exit !== 0) throw new Error(ran.err);
  };
  return {
    home: path,
    add: ({ armored, fingerprint }, trusted) => {
      gpg(`${armored}\n`, '--import');
      if (!trusted) return;
      gpg(`${fingerprint}:6:\n`, '--import-ownertrust');
      gpg('', '--check-trustdb');
    },
    files: () => readdirSync(path).toSorted(),
  };
}
