/**
 * What the keyring helper does with the native library (@napi-rs/keyring), and where it finds it. The executable carries
 * the library, and loads it from a private directory. Elsewhere it is an optional package, which may be absent. An entry is
 * one value, never chunks. It has a digest of its own, so that a cut or foreign entry is not mistaken for one of this program
 * (threat D19).
 */

import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bunRuntime } from '../../system/bun.ts';
import type { KeyringAnswer, KeyringQuestion } from './keyring.ts';

const SERVICE = 'git-signet';
/** Characters. Windows keeps 2,560 bytes of UTF-16 in one credential (CRED_MAX_CREDENTIAL_BLOB_SIZE). */
export const WINDOWS_LIMIT = 1280;
const LIMIT = process.platform === 'win32' ? WINDOWS_LIMIT : 8192;

interface Entry {
  readonly getPassword: () => string | null;
  readonly setPassword: (password: string) => void;
  readonly deletePassword: () => boolean;
}

/** The part of the library that is used here. */
export interface KeyringLibrary {
  readonly Entry: new (service: string, address: string, options: object) => Entry;
  readonly findCredentials: (service: string) => readonly { readonly account: string }[];
}

/** True in the executable, which must load nothing from folders of packages. */
declare const SIGNET_EXECUTABLE: boolean | undefined;

/** Loads the library inside the executable from a private directory, which it removes at once. Undefined if there is none. */
async function embedded(): Promise<KeyringLibrary | undefined> {
  const file = bunRuntime()?.embeddedFiles?.find(({ name }) => name.endsWith('.keyring'));
  if (file === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), 'git-signet-'));
  try {
    chmodSync(directory, 0o700);
    const path = join(directory, 'keyring.node');
    writeFileSync(path, new Uint8Array(await file.arrayBuffer()), { mode: 0o600 });
    const module = { exports: {} };
    process.dlopen(module, path);
    return module.exports as KeyringLibrary;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Loads the library. @throws Error if there is none */
async function loadLibrary(): Promise<KeyringLibrary> {
  if (typeof SIGNET_EXECUTABLE === 'boolean' && SIGNET_EXECUTABLE) {
    const library = await embedded();
    if (library === undefined)
      throw new Error('this executable was built without the keyring library');
    return library;
  }
  try {
    return (await import('@napi-rs/keyring')) as unknown as KeyringLibrary;
  } catch {
    throw new Error('the optional package @napi-rs/keyring is not installed');
  }
}

const digestOf = (address: string, secret: string): string =>
  createHash('sha256').update(`${address}\0${secret}`).digest('hex').slice(0, 16);

/** Returns the entry for a secret: `git-signet:1:<digest of address and secret>:<secret>`. */
export function sealEntry(address: string, secret: string): string {
  return `${SERVICE}:1:${digestOf(address, secret)}:${secret}`;
}

/** Returns the secret, if the entry is a whole one of this program for this address. */
export function openEntry(address: string, kept: string | null): string | undefined {
  const match = /^git-signet:1:([0-9a-f]{16}):(.+)$/s.exec(kept ?? '');
  const [, digest, secret = ''] = match ?? [];
  return digest === digestOf(address, secret) ? secret : undefined;
}

const refuse = (problem: string): KeyringAnswer => ({ done: false, problem });

/** Deletes every entry of this program. */
function clear(library: KeyringLibrary): KeyringAnswer {
  const accounts = library.findCredentials(SERVICE).map(({ account }) => account);
  const left = accounts.filter((address) => {
    const answer = answerWith(library, { operation: 'delete', address });
    return !answer.done && answer.problem !== FOREIGN;
  });
  return left.length === 0
    ? { done: true }
    : refuse(`entries of git-signet that cannot be deleted: ${left.length}`);
}

const FOREIGN = 'another program has an entry under this name';

/** Does with a library what is asked. @throws what the library throws */
export function answerWith(
  library: KeyringLibrary,
  { operation, address, secret }: KeyringQuestion,
  limit: number = LIMIT,
): KeyringAnswer {
  if (operation === 'clear') return clear(library);
  const { Entry } = library;
  if (!/^[\x21-\x7e]{1,400}$/.test(address)) return refuse('the address of the entry is not valid');
  // never the kernel's keyring, to which the library would fall back: it forgets, and asks for no password
  const entry = new Entry(SERVICE, address, { linux: { store: 'secret-service' } });
  const kept = entry.getPassword();
  if (operation === 'probe') return { done: true };
  const found = openEntry(address, kept);
  if (operation === 'get') return { done: true, secret: found };
  if (kept !== null && !kept.startsWith(`${SERVICE}:1:`)) {
    return refuse(FOREIGN);
  }
  if (operation === 'delete') return { done: kept === null || entry.deletePassword() };
  const sealed = sealEntry(address, secret ?? '');
  if (secret === undefined || secret === '' || sealed.length > limit) {
    return refuse(`the entry is longer than a keyring takes (${limit} characters)`);
  }
  entry.setPassword(sealed);
  return entry.getPassword() === sealed
    ? { done: true }
    : refuse('the keyring did not keep the whole entry');
}

/** Answers one question. Never rejects, and no secret is in a message. */
export async function answerKeyring(question: KeyringQuestion): Promise<KeyringAnswer> {
  try {
    return answerWith(await loadLibrary(), question);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const { secret } = question;
    return refuse(secret === undefined ? problem : problem.replaceAll(secret, '…'));
  }
}
