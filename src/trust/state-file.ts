/**
 * Reads the file in which the answers of a mirror are kept. It holds metadata and targets together and is replaced in one
 * step, so that two processes cannot leave a mixture (threats T04, T07). It is untrusted until trust/state.ts proves it.
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { ConfigError } from '../errors.ts';
import { readFile } from '../system/files.ts';
import { join } from '../system/paths.ts';
import type { MirrorSource } from './source.ts';

export const TRUSTED_ROOT_TARGET = 'trusted_root.json';
export const SIGNING_CONFIG_TARGET = 'signing_config.v0.2.json';

/** The content of the file. Its texts are byte for byte what the mirror served. */
export interface TrustState {
  readonly schemaVersion: 1;
  /** The mirror's address. */
  readonly mirror: string;
  /** Unix seconds of the mirror's last answer. This time is not signed, so it is only for messages. */
  readonly refreshed: number;
  /** Root metadata in order, from the first one. */
  readonly roots: readonly string[];
  readonly timestamp: string;
  readonly snapshot: string;
  readonly targets: string;
  readonly files: Readonly<Record<string, string>>;
}

const MAX_STATE = 32 * 1024 * 1024;

export function statePath(directory: string): string {
  return join(directory, 'state.json');
}

/** Returns the path of root metadata that is newer than the state, because a later step of the update failed. */
export function rootsPath(directory: string): string {
  return join(directory, 'roots.json');
}

/** Returns the error for a kept file that is not valid, with the remedy. */
export function broken({ name }: MirrorSource, path: string, why: string): ConfigError {
  return new ConfigError(
    `the trust root kept for ${name} is not the one its mirror signed: ${why}`,
    {
      code: 'TRUST_FILE',
      hint: `fetch it again (${path}): git signet trust update`,
    },
  );
}

function isState(value: unknown): value is TrustState {
  const state = value as Readonly<Record<string, unknown>> | null;
  if (typeof state !== 'object' || state === null) return false;
  const { schemaVersion, mirror, refreshed, roots, timestamp, snapshot, targets, files } = state;
  const texts: readonly unknown[] = [mirror, timestamp, snapshot, targets];
  return (
    schemaVersion === 1 &&
    Number.isSafeInteger(refreshed) &&
    texts.every((text) => typeof text === 'string') &&
    Array.isArray(roots) &&
    roots.every((text) => typeof text === 'string') &&
    typeof files === 'object' &&
    files !== null &&
    Object.values(files).every((text) => typeof text === 'string')
  );
}

/** Reads a JSON file of this mirror's folder. Returns undefined if there is none. @throws ConfigError `TRUST_FILE` */
async function readJson(source: MirrorSource, path: string): Promise<unknown> {
  let text: string;
  try {
    text = fromUtf8Lossy(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError(`${path}: ${code ?? String(error)}`, { code: 'TRUST_FILE' });
  }
  if (text.length > MAX_STATE) throw broken(source, path, 'longer than 32 MiB');
  try {
    return JSON.parse(text);
  } catch {
    throw broken(source, path, 'not JSON');
  }
}

/** Reads the state on disk without proving it. Returns undefined if there is none. @throws ConfigError `TRUST_FILE` */
export async function readState(source: MirrorSource): Promise<TrustState | undefined> {
  if (source.directory === undefined) return undefined;
  const path = statePath(source.directory);
  const value = await readJson(source, path);
  if (value === undefined) return undefined;
  if (!isState(value)) throw broken(source, path, 'fields are missing');
  // the folder was moved, or copied from another instance
  if (value.mirror !== source.url) throw broken(source, path, `it belongs to ${value.mirror}`);
  return value;
}

/** Reads the root metadata kept beside the state, in order, without proving it. Empty if there is none. @throws ConfigError `TRUST_FILE` */
export async function readRoots(source: MirrorSource): Promise<readonly string[]> {
  if (source.directory === undefined) return [];
  const path = rootsPath(source.directory);
  const value = await readJson(source, path);
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string'))
    throw broken(source, path, 'not a list of root metadata');
  return value;
}
