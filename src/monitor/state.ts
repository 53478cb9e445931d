/**
 * What a monitor remembers of each tree: the newest checkpoint that was verified, apart from it the position up to which
 * all entries were read, and what was found and not yet told. One file a tree, replaced as a whole, so that a monitor
 * that is killed at any point neither loses nor passes over anything. State that travels is authenticated with a secret.
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../core/json.ts';
import { ConfigError } from '../errors.ts';
import type { Secret } from '../system/secret.ts';
import { systemReason } from '../system/system-error.ts';
import { writeWhole } from '../trust/state-write.ts';
import type { LoggedSignature, UnreadableEntry } from './logged-signature.ts';

/** Something that was found in a log and concerns a watched identity. */
export type LogFinding =
  | { readonly is: 'signature'; readonly signature: LoggedSignature }
  | { readonly is: 'unreadable'; readonly entry: UnreadableEntry };

/** A position in a tree that is proved to belong to a signed one. */
export interface ScanCursor {
  readonly size: number;
  /** Root of the tree of that size, hex. */
  readonly root: string;
}

/** The position before the first entry, with the root of the empty tree: SHA-256 of nothing (RFC 6962 §2.1). */
export const EMPTY: ScanCursor = {
  size: 0,
  root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

/** What is kept of one tree, or of one search index. */
export interface LogState {
  readonly schemaVersion: 1;
  readonly kind: 'tree' | 'index';
  /** First line of the checkpoint, or for an index the address of its log. */
  readonly origin: string;
  /** Hex id of the log. */
  readonly logId: string;
  readonly url: string;
  /** The newest verified checkpoint: a signed note. '' for an index. */
  readonly checkpoint: string;
  /** Absent until entries are read in order. */
  readonly cursor?: ScanCursor | undefined;
  /** Leaf hashes of an index that were looked at. */
  readonly seen: readonly string[];
  /** Unix seconds at which it was last read to its end, or 0. */
  readonly readToEnd: number;
  /** The log takes in nothing more, and was read to its end. */
  readonly ended?: boolean | undefined;
  /** The identities that were looked for last time. */
  readonly watched: readonly string[];
  /** Found, and to be told. */
  readonly pending: readonly LogFinding[];
  /** Told. The last thousand. */
  readonly told: readonly LogFinding[];
}

/** The most findings that are kept after they were told. */
export const MAX_TOLD = 1000;
const MAX_FILE = 64 * 1024 * 1024;
const SEAL = '\nhmac-sha256 ';
const SHORTEST_KEY = 16;

/** Where state is kept. `key` authenticates it. */
export interface StatePlace {
  readonly directory: string;
  readonly key?: Secret | undefined;
}

function fileOf(kind: LogState['kind'], logId: string, origin: string): string {
  const name = createHash('sha256').update(`${kind}\n${logId}\n${origin}`).digest('hex');
  return `${kind}-${name.slice(0, 32)}.json`;
}

/** The seal is over the file's name too, so that one tree's state does not pass for another's. */
function sealOf(name: string, text: string, key: Secret): string {
  return createHmac('sha256', key.reveal()).update(`${name}\0${text}`).digest('hex');
}

/** Refuses a secret that can be guessed. @throws ConfigError */
export function checkKey({ key }: StatePlace): void {
  if (key !== undefined && key.reveal().length < SHORTEST_KEY) {
    throw new ConfigError(`SIGNET_MONITOR_KEY has fewer than ${SHORTEST_KEY} characters`, {
      hint: 'make one: openssl rand -hex 32',
    });
  }
}

function unusable(path: string, why: string): ConfigError {
  return new ConfigError(`${path}: ${why}`, {
    hint: 'nothing was read. Remove the file to begin again with this log',
  });
}

function opened(text: string, path: string, name: string, key: Secret | undefined): string {
  const at = text.lastIndexOf(SEAL);
  const content = at < 0 ? text : text.slice(0, at);
  if (key === undefined) return content;
  const given = Buffer.from(at < 0 ? '' : text.slice(at + SEAL.length));
  const wanted = Buffer.from(`${sealOf(name, content, key)}\n`);
  if (given.length === wanted.length && timingSafeEqual(given, wanted)) return content;
  throw unusable(path, 'the state was not written with this SIGNET_MONITOR_KEY');
}

function isState(value: unknown): value is LogState {
  if (!isRecord(value) || value['schemaVersion'] !== 1) return false;
  const { kind, origin, logId, url, checkpoint, seen, readToEnd, watched, pending, told } = value;
  const lists = [seen, watched, pending, told];
  const { cursor } = value;
  const proved =
    cursor === undefined ||
    (isRecord(cursor) &&
      Number.isSafeInteger(cursor['size']) &&
      /^[0-9a-f]{64}$/.test(String(cursor['root'])));
  return (
    (kind === 'tree' || kind === 'index') &&
    [origin, logId, url, checkpoint].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(readToEnd) &&
    lists.every(Array.isArray) &&
    proved
  );
}

function readFile(place: StatePlace, name: string): LogState | undefined {
  const path = join(place.directory, name);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, systemReason(error));
  }
  if (text.length > MAX_FILE) throw unusable(path, 'longer than 64 MiB');
  const content = opened(text, path, name, place.key);
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw unusable(path, 'not JSON');
  }
  if (!isState(value)) throw unusable(path, 'it is not the state of a monitor');
  if (fileOf(value.kind, value.logId, value.origin) !== name)
    throw unusable(path, 'it belongs to another log');
  return value;
}

/** Returns the state of a tree or index that was never read. */
export function newState(
  kind: LogState['kind'],
  { origin, logId, url }: Pick<LogState, 'origin' | 'logId' | 'url'>,
): LogState {
  const none = { seen: [], watched: [], pending: [], told: [] };
  return { schemaVersion: 1, kind, origin, logId, url, checkpoint: '', readToEnd: 0, ...none };
}

/** Reads the state of a tree or index. Undefined if there is none. @throws ConfigError for one that cannot be used */
export function readState(
  place: StatePlace,
  { kind, logId, origin }: Pick<LogState, 'kind' | 'logId' | 'origin'>,
): LogState | undefined {
  return readFile(place, fileOf(kind, logId, origin));
}

/** Reads all states of a directory. There are none if it does not exist. @throws ConfigError for one that cannot be used */
export function readStates(place: StatePlace): readonly LogState[] {
  let names: readonly string[];
  try {
    names = readdirSync(place.directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^(?:tree|index)-[0-9a-f]{32}\.json$/.test(name))
    .sort()
    .flatMap((name) => readFile(place, name) ?? []);
}

/** Replaces the state of a tree as a whole. It is on the disk when this returns. @throws ConfigError */
export async function writeState(place: StatePlace, state: LogState): Promise<void> {
  const name = fileOf(state.kind, state.logId, state.origin);
  const text = JSON.stringify(state);
  const seal = place.key === undefined ? '' : `${SEAL}${sealOf(name, text, place.key)}`;
  try {
    await writeWhole(join(place.directory, name), `${text}${seal}\n`);
  } catch (error) {
    throw unusable(join(place.directory, name), `it cannot be written: ${systemReason(error)}`);
  }
}

/** Makes the directory, and removes what a killed writer left there. @throws ConfigError */
export async function prepareDirectory({ directory }: StatePlace): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const left = (await readdir(directory)).filter((name) => name.startsWith('update-'));
    for (const name of left) await rm(join(directory, name), { force: true });
  } catch (error) {
    throw new ConfigError(`${directory} cannot be used: ${systemReason(error)}`);
  }
}
