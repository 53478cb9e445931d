/**
 * The ledger of the signatures that this user's programs made, by which `git signet monitor` knows them again in the log.
 * A line is written before the log is asked, so that a crash leaves no entry that the ledger does not know. A second line
 * adds the entry's index. Nothing else about the signed object is kept. A ledger that cannot be written stops no signature.
 */

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { toHex } from '../core/bytes.ts';
import type { Environment } from '../system/environment.ts';
import { stateDirectory } from '../system/state-directory.ts';

/** What is written of a signature before the log is asked. */
export interface LedgerIntent {
  readonly identity: string;
  /** Address of the log. */
  readonly log: string;
  /** Leaf hash of the entry: SHA-256 of a zero octet and the canonical body (RFC 6962 §2.1). */
  readonly leaf: Uint8Array;
}

export interface Ledger {
  /** Writes the line of a signature. Never throws. */
  readonly intend: (intent: LedgerIntent) => void;
  /** Writes the index that the log gave to it. Never throws. */
  readonly logged: (leaf: Uint8Array, index: bigint) => void;
}

/** A ledger that keeps nothing. */
export const NO_LEDGER: Ledger = { intend: () => undefined, logged: () => undefined };

/** Bytes after which a new file begins. With the one before it, some thirty thousand signatures are kept. */
const MAX_FILE = 8 * 1024 * 1024;
/** Milliseconds after which another process's rotation counts as ended. */
const ROTATION = 10_000;

/** Returns the ledger's path, or undefined if the environment names no home. */
export function ledgerPath(env: Environment): string | undefined {
  const state = stateDirectory(env);
  return state && join(state, 'ledger.jsonl');
}

/** Opens the file for one line: private, only for appending, and never through a link. */
function openFile(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, flags, 0o600);
  }
}

/** Moves a full file aside. Of processes that come at once, one does it, and the others write on. */
function rotate(path: string): void {
  const lock = `${path}.rotating`;
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (Math.abs(age) > ROTATION) rmSync(lock, { force: true });
  let taken: number;
  try {
    taken = openSync(lock, 'wx', 0o600);
  } catch {
    return;
  }
  try {
    if (statSync(path).size > MAX_FILE) renameSync(path, `${path}.1`);
  } finally {
    closeSync(taken);
    rmSync(lock, { force: true });
  }
}

function append(path: string, line: object): void {
  const descriptor = openFile(path);
  let full = false;
  try {
    const file = fstatSync(descriptor);
    if (!file.isFile()) return;
    // one call, so that lines of several processes do not mix
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    full = file.size > MAX_FILE;
  } finally {
    closeSync(descriptor);
  }
  if (full) rotate(path);
}

/** Opens the ledger at `path`. `now` in Unix seconds. The file is made with the first line. */
export function openLedger(path: string | undefined, now: () => number): Ledger {
  if (path === undefined) return NO_LEDGER;
  const quietly = (line: object): void => {
    try {
      append(path, line);
    } catch {
      // doctor says that it cannot be written
    }
  };
  return {
    intend: ({ identity, log, leaf }) => {
      const time = new Date(now() * 1000).toISOString();
      quietly({ time, identity, log, digest: toHex(leaf) });
    },
    logged: (leaf, index) => quietly({ digest: toHex(leaf), index: String(index) }),
  };
}

/** Returns the ledger that the settings ask for. */
export function ledgerFor(
  { ledger }: { readonly ledger: boolean },
  { env, now }: { readonly env: Environment; readonly now: () => number },
): Ledger {
  return ledger ? openLedger(ledgerPath(env), now) : NO_LEDGER;
}

/** A signature as the ledger knows it. */
export interface LedgerLine {
  /** Unix seconds. */
  readonly time: number;
  readonly identity: string;
  readonly log: string;
  /** Leaf hash, hex. */
  readonly leaf: string;
  /** Decimal. Absent if the log's answer was not received. */
  readonly index?: string;
}

interface RawLine {
  readonly time?: unknown;
  readonly identity?: unknown;
  readonly log?: unknown;
  readonly digest?: unknown;
  readonly index?: unknown;
}

function parsed(line: string): RawLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // a line that a full disk cut short
    return undefined;
  }
}

/** Reads the ledger, the older file first. Lines that cannot be read are passed over. Empty if there is none. */
export function readLedger(path: string | undefined): readonly LedgerLine[] {
  if (path === undefined) return [];
  const known = new Map<string, LedgerLine>();
  for (const file of [`${path}.1`, path].filter((each) => existsSync(each))) {
    for (const text of readFileSync(file, 'utf8').split('\n')) {
      const { time, identity, log, digest, index } = parsed(text) ?? {};
      if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) continue;
      const before = known.get(digest);
      if (before !== undefined && typeof index === 'string')
        known.set(digest, { ...before, index });
      const seconds = Math.floor(Date.parse(String(time)) / 1000);
      if (typeof identity !== 'string' || typeof log !== 'string' || Number.isNaN(seconds))
        continue;
      known.set(digest, { time: seconds, identity, log, leaf: digest });
    }
  }
  return [...known.values()];
}

/** Returns why the ledger cannot be written, or undefined if it can. It makes an empty one if there is none. */
export function ledgerTrouble(path: string): unknown {
  try {
    const descriptor = openFile(path);
    const isFile = fstatSync(descriptor).isFile();
    closeSync(descriptor);
    return isFile ? undefined : new Error('it is not a plain file');
  } catch (error) {
    return error;
  }
}
