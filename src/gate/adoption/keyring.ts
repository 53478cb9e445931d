/**
 * Asks GnuPG for public keys of the user's keyring. It starts no agent, asks no question, uses no network and writes nothing.
 * Its environment holds only what it needs to find the keyring (threat I03).
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8Lossy } from '../../core/bytes.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable, runProcess } from '../../system/process.ts';

export interface Keyring {
  /** Armored public keys. */
  readonly armored: string;
  /** The user id of each key that GnuPG holds to be valid, by fingerprint: it is the user's own, or a person whom the user trusts vouches for it. */
  readonly valid: ReadonlyMap<string, string>;
}

const DEADLINE = 10_000;
const AT_ONCE = 100;
const QUIET = [
  ...['--batch', '--no-tty', '--quiet', '--no-autostart', '--no-auto-check-trustdb'],
  ...['--no-auto-key-locate', '--disable-dirmngr', '--lock-never', '--no-permission-warning'],
];
/** A key by its id or fingerprint, so nothing that could be an option or a pattern. */
const NAME = /^(?:[0-9A-F]{16}|[0-9A-F]{40}|[0-9A-F]{64})$/;
/** Files of a keyring that exists. Without one, GnuPG would make one. */
const RINGS = ['pubring.kbx', 'pubring.gpg', 'public-keys.d'];
const VALID: readonly string[] = ['u', 'f'];

function homeOf(env: Environment): string | undefined {
  if (env.GNUPGHOME !== undefined && env.GNUPGHOME !== '') return env.GNUPGHOME;
  if (process.platform === 'win32') return env.APPDATA && join(env.APPDATA, 'gnupg');
  return env.HOME && join(env.HOME, '.gnupg');
}

function cleanEnvironment({
  PATH,
  HOME,
  GNUPGHOME,
  APPDATA,
  SystemRoot,
}: Environment): Environment {
  return { PATH, HOME, GNUPGHOME, APPDATA, SystemRoot, LC_ALL: 'C' };
}

/** Undoes the escapes of `--with-colons` (GnuPG DETAILS): `\x3a` and the like. */
function unescaped(field: string): string {
  const bytes = field.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return fromUtf8Lossy(Buffer.from(bytes, 'latin1'));
}

/** Reads the list of keys (GnuPG DETAILS): the first valid user id of each key. */
function validKeys(colons: string): ReadonlyMap<string, string> {
  const valid = new Map<string, string>();
  let primary: string | undefined;
  let expected = false;
  for (const line of colons.split('\n')) {
    const fields = line.split(':');
    const [record, validity = ''] = fields;
    if (record === 'pub') [primary, expected] = [undefined, true];
    if (record === 'sub') expected = false;
    if (record === 'fpr' && expected) [primary, expected] = [fields[9], false];
    if (record !== 'uid' || primary === undefined || !VALID.includes(validity)) continue;
    if (!valid.has(primary)) valid.set(primary, unescaped(fields[9] ?? ''));
  }
  return valid;
}

/** Returns why GnuPG failed. That a key is not in the keyring is no failure. */
function reasonOf(talk: string): string {
  if (talk.includes('nothing exported')) return '';
  return talk.split('\n')[0] || 'gpg did not answer';
}

/**
 * Returns the keys of the keyring that have one of these names: ids or fingerprints, upper-case hex. Undefined if there is
 * no GnuPG or no keyring. A text says why GnuPG could not answer. Each of its runs ends after `deadline` milliseconds.
 */
export async function askKeyring(
  names: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
  deadline = DEADLINE,
): Promise<Keyring | string | undefined> {
  const gpg = findExecutable('gpg', env);
  const home = homeOf(env);
  const wanted = names.filter((name) => NAME.test(name)).map((name) => `0x${name}`);
  if (gpg === undefined || home === undefined || wanted.length === 0) return undefined;
  if (!RINGS.some((ring) => existsSync(join(home, ring)))) return undefined;
  const ask = async (...args: string[]) =>
    runProcess(gpg, [...QUIET, ...args], {
      ...{ cwd, env: cleanEnvironment(env), timeout: deadline },
    });
  let [armored, list, said] = ['', '', ''];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = ['--', ...wanted.slice(at, at + AT_ONCE)];
    const listing = await ask('--with-colons', '--list-keys', ...some);
    const options = ['--export-options', 'export-minimal', '--armor'];
    const exported = await ask(...options, '--export', ...some);
    list += Buffer.from(listing.stdout).toString('latin1');
    armored += fromUtf8Lossy(exported.stdout);
    if (exported.exitCode !== 0) said ||= reasonOf(fromUtf8Lossy(exported.stderr));
  }
  if (armored === '' && said !== '') return said;
  return { armored, valid: validKeys(list) };
}
