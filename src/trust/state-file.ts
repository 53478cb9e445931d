/**
 * What a mirror served, in one file a mirror: metadata and targets together, replaced in one step, so that no two
 * processes can leave a mixture (threats T04, T07). Untrusted: trust/state.ts proves it.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { MirrorSource } from './source.ts';

export const TRUSTED_ROOT_TARGET = 'trusted_root.json';
export const SIGNING_CONFIG_TARGET = 'signing_config.v0.2.json';

/** The file's content; texts are byte for byte what the mirror served. */
export interface TrustState {
  readonly schemaVersion: 1;
  /** The mirror's address. */
  readonly mirror: string;
  /** Unix seconds: when the mirror last vouched for it. Nobody signs this: it is for telling people. */
  readonly refreshed: number;
  /** Root metadata in order, from the one that was started from. */
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

/** Where root metadata is kept that is newer than the state's, because a step after it failed. */
export function rootsPath(directory: string): string {
  return join(directory, 'roots.json');
}

/** The error for a file that does not hold, with the remedy. */
export function broken({ name }: MirrorSource, path: string, why: string): ConfigError {
  return new ConfigError(`the trust root kept for ${name} is not what its mirror signed: ${why}`, {
    code: 'TRUST_FILE',
    hint: `git signet trust update fetches it again (${path})`,
  });
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

/** A JSON file of this mirror's folder; undefined when there is none. @throws ConfigError `TRUST_FILE` */
function readFile(source: MirrorSource, path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
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

/** What is on disk, read and not yet proved; undefined when there is nothing. @throws ConfigError `TRUST_FILE` */
export function readState(source: MirrorSource): TrustState | undefined {
  if (source.directory === undefined) return undefined;
  const path = statePath(source.directory);
  const value = readFile(source, path);
  if (value === undefined) return undefined;
  if (!isState(value)) throw broken(source, path, 'fields are missing');
  // a folder that was moved, or copied from another instance
  if (value.mirror !== source.url) throw broken(source, path, `it is of ${value.mirror}`);
  return value;
}

/** Root metadata kept beside the state, in order, not yet proved; empty when there is none. @throws ConfigError `TRUST_FILE` */
export function readRoots(source: MirrorSource): readonly string[] {
  if (source.directory === undefined) return [];
  const path = rootsPath(source.directory);
  const value = readFile(source, path);
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((text) => typeof text === 'string'))
    throw broken(source, path, 'not a list of root metadata');
  return value;
}
