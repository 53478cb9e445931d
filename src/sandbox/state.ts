/**
 * What a sandbox keeps in its directory: keys (PEM), append-only logs (one line an entry), ports and names.
 * Everything private is 0600 in a directory of 0700. A restart keeps what was logged.
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';

export const SERVICES = ['issuer', 'fulcio', 'ctLog', 'rekor', 'rekorV2', 'tsa'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export type StoredKeyKind = 'p256' | 'p384' | 'ed25519' | 'rsa';

/** What must not change between runs, beside keys and logs. */
export interface SettledState {
  readonly ports: Partial<Record<ServiceName, number>>;
  /** Rekor v1's tree id, decimal. */
  readonly treeId: string;
  /** Guards POST /sandbox/token. */
  readonly tokenSecret: string;
}

/** Makes the directory, or narrows its mode if it exists. */
export function openStateDirectory(dir: string): void {
  mkdirSync(join(dir, 'keys'), { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  chmodSync(join(dir, 'keys'), 0o700);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Returns the live process that has the directory, or undefined if none has. */
export function ownerOf(dir: string): number | undefined {
  const path = join(dir, 'lock');
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
}

/**
 * Takes the directory for this process: two sandboxes would mix their logs. Gives what releases it.
 * @throws ConfigError when another process has it
 */
export function lockState(dir: string): () => void {
  const path = join(dir, 'lock');
  const owner = ownerOf(dir);
  if (owner === undefined) rmSync(path, { force: true });
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const hint = `stop it first: git signet sandbox stop --dir ${dir}`;
    throw new ConfigError(`a sandbox is running in ${dir} (process ${owner})`, { cause, hint });
  }
  return () => rmSync(path, { force: true });
}

/** Writes a file in one step: readers see the old file or the new file. */
export function writeWhole(path: string, content: string, mode = 0o600): void {
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

function generate(kind: StoredKeyKind): KeyObject {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519').privateKey;
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const namedCurve = kind === 'p256' ? 'prime256v1' : 'secp384r1';
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

/** The key called `name`, made on first use. @throws ConfigError when its file is not a private key */
export function loadKey(dir: string, name: string, kind: StoredKeyKind): KeyPair {
  const path = join(dir, 'keys', `${name}.pem`);
  if (!existsSync(path)) {
    const made = generate(kind).export({ type: 'pkcs8', format: 'pem' });
    writeWhole(path, made.toString());
  }
  try {
    const privateKey = createPrivateKey(readFileSync(path));
    return { privateKey, publicKey: createPublicKey(privateKey) };
  } catch (cause) {
    throw new ConfigError(`the sandbox key ${path} cannot be read`, {
      cause,
      hint: `start a new one: rm -r ${dir}`,
    });
  }
}

/** A text made once and kept: a certificate, for instance. */
export function loadOnce(dir: string, name: string, make: () => string): string {
  const path = join(dir, name);
  if (!existsSync(path)) writeWhole(path, make());
  return readFileSync(path, 'utf8');
}

/** Ports, tree id and secret, made on first use. @throws ConfigError when the file is not ours */
export function loadSettled(dir: string): SettledState {
  const text = loadOnce(dir, 'sandbox.json', () =>
    JSON.stringify({
      ports: {},
      treeId: ((randomBytes(8).readBigUInt64BE() >> 1n) | (1n << 62n)).toString(),
      tokenSecret: randomBytes(24).toString('base64url'),
    } satisfies SettledState),
  );
  try {
    const read = JSON.parse(text) as SettledState;
    if (typeof read.treeId === 'string' && typeof read.tokenSecret === 'string') return read;
  } catch {
    // falls through: whatever is wrong with it, the remedy is the same
  }
  throw new ConfigError(`${join(dir, 'sandbox.json')} is not a sandbox's state`, {
    hint: `start a new one: rm -r ${dir}`,
  });
}

export function saveSettled(dir: string, settled: SettledState): void {
  writeWhole(join(dir, 'sandbox.json'), `${JSON.stringify(settled)}\n`);
}

/** An append-only file of lines. */
export interface LineLog {
  /** Returns where the line begins, in bytes. */
  readonly append: (line: string) => number;
  /** Returns `length` bytes from there on. */
  readonly read: (at: number, length: number) => Buffer;
  readonly close: () => void;
}

/** Gives every whole line to `replay`, by pieces of the file. Returns where the last of them ends. */
function replayLines(file: number, replay: (line: string, at: number) => void): number {
  const piece = Buffer.allocUnsafe(1 << 20);
  let pending = Buffer.alloc(0);
  let size = 0;
  for (let read = 0; ; ) {
    const got = readSync(file, piece, 0, piece.length, read);
    if (got === 0) return size;
    read += got;
    pending = Buffer.concat([pending, piece.subarray(0, got)]);
    for (let end = pending.indexOf(10); end !== -1; end = pending.indexOf(10)) {
      if (end > 0) replay(pending.toString('utf8', 0, end), size);
      size += end + 1;
      pending = pending.subarray(end + 1);
    }
  }
}

/**
 * Opens a line log and gives every whole line of it to `replay`. A last line that a crash cut short was
 * never answered for, so it is cut off.
 */
export function openLineLog(path: string, replay: (line: string, at: number) => void): LineLog {
  const file = openSync(path, 'a+', 0o600);
  let size = replayLines(file, replay);
  if (size < fstatSync(file).size) ftruncateSync(file, size);
  let open = true;
  return {
    append: (line) => {
      const at = size;
      size += writeSync(file, `${line}\n`);
      return at;
    },
    read: (at, length) => {
      const bytes = Buffer.allocUnsafe(length);
      readSync(file, bytes, 0, length, at);
      return bytes;
    },
    close: () => {
      if (!open) return;
      open = false;
      fsyncSync(file);
      closeSync(file);
    },
  };
}
