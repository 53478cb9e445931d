/** `git signet store`: what the proof store holds, and how to make it smaller or begin anew. */

import { statSync } from 'node:fs';
import type { Command, Run } from '../cli/command.ts';
import { plural } from '../core/plural.ts';
import { ConfigError, ExitCode } from '../errors.ts';
import { usesStore } from '../gate/proofs/access.ts';
import { ciSystem } from '../login/ci/sources.ts';
import { resolvedHere } from '../settings/here.ts';
import { hasSqlite, openStoreFile, removeStoreFile, type StoreFile } from '../store/database.ts';
import { loadStoreKey, removeStoreKey, storeKeyPath } from '../store/key.ts';
import { notUsed, storePath } from '../store/open.ts';
import { bytesUsed, compact, proofCount, shrink } from '../store/size.ts';
import type { Invocation } from '../system/invocation.ts';
import { writePage } from '../system/layout.ts';
import { reasonOf } from '../system/system-error.ts';

const MEBIBYTE = 1024 * 1024;
const sizeText = (bytes: number): string =>
  bytes < MEBIBYTE ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;

/** Bytes that `prune` leaves, if no size is given. */
const PRUNED = 128 * MEBIBYTE;

function placeOf(env: Parameters<typeof storePath>[0]): string {
  const path = storePath(env);
  if (path !== undefined) return path;
  throw new ConfigError('no place for the proof store: neither XDG_CACHE_HOME nor HOME is set');
}

/** Runs `use` with the store file, or returns undefined if there is none. @throws ConfigError if it cannot be used */
function withFile<T>(path: string, use: (file: StoreFile) => T): T | undefined {
  let file: StoreFile | undefined;
  try {
    file = openStoreFile(path, false);
    return file && use(file);
  } catch (error) {
    throw new ConfigError(notUsed(error));
  } finally {
    file?.close();
  }
}

/** Returns whether a run of `verify` would use the store, and if not, why. */
function useHere(settings: Parameters<typeof usesStore>[0], invocation: Invocation): string {
  if (!hasSqlite()) return 'no (this Node.js has no SQLite, so take 22.13 or later)';
  if (usesStore(settings, invocation, true)) return 'yes';
  return settings.store === 'off'
    ? 'no (signet.store is off)'
    : `no (this is a job of ${ciSystem(invocation.env)?.name ?? 'a CI system'}: SIGNET_STORE=on turns the store on)`;
}

const status: Run = async (args, invocation) => {
  const { env, streams } = invocation;
  const path = placeOf(env);
  const { settings } = await resolvedHere(invocation, { flags: args.flags });
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? {};
  const key = loadStoreKey(env, false);
  const proofs = key && withFile(path, (file) => proofCount(file, key));
  const lines = [
    `store: ${path} (${size === undefined ? 'none yet' : sizeText(size)})`,
    `key: ${storeKeyPath(env)}${key === undefined ? ' (none yet)' : ''}`,
    `proofs: ${plural(proofs ?? 0, 'commit')}`,
    `git signet verify uses it here: ${useHere(settings, invocation)}`,
  ];
  writePage(streams, `${lines.join('\n')}\n`);
  return ExitCode.ok;
};

const prune: Run = async (_args, { env, streams }) => {
  const path = placeOf(env);
  const left = withFile(path, (file) => {
    shrink(file, PRUNED);
    compact(file);
    return bytesUsed(file);
  });
  writePage(streams, `the proof store has ${sizeText(left ?? 0)} now\n`);
  return ExitCode.ok;
};

const clear: Run = async (_args, { env, streams }) => {
  try {
    removeStoreFile(placeOf(env));
    removeStoreKey(env);
  } catch (error) {
    // a folder may lie there, with files that are none of ours
    const { path } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${path ?? 'the proof store'}: remove it yourself: ${reasonOf(error)}`);
  }
  writePage(streams, 'the proof store and its key are removed\n');
  return ExitCode.ok;
};

const RUNS = { status, prune, clear } as const;
const WHAT = Object.keys(RUNS);

const run: Run = (args, ...rest) =>
  RUNS[(args.positionals[0] ?? 'status') as keyof typeof RUNS](args, ...rest);

export const command: Command = {
  summary: 'what was verified before: status, prune, clear',
  positionals: [{ name: WHAT.join(' | '), takes: WHAT, optional: true }],
  about: [
    'A run of git signet verify over a range keeps a proof of each commit whose evidence holds. The next run judges the policy anew, and does not verify that evidence again.',
    'By default it shows the file, its size, the key, and whether verify uses the store here (status). prune makes the file small: the proofs that were not used for the longest time go first. clear removes the file and the key, which is always safe.',
  ],
  examples: [
    ['git signet store status'],
    ['git config --global signet.store off', 'no run keeps or uses proofs'],
  ],
  exits: { 0: 'done', 2: 'usage, or the store cannot be used' },
  run,
};
