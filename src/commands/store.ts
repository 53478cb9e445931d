/** `git signet store`: what the proof store holds, and how to make it smaller or begin anew. */

import { statSync } from 'node:fs';
import type { Command, Run } from '../cli/command.ts';
import { plural } from '../core/plural.ts';
import { ConfigError, ExitCode } from '../errors.ts';
import { usesStore } from '../gate/proofs/access.ts';
import { resolvedHere } from '../settings/here.ts';
import { hasSqlite, openStoreFile, removeStoreFile, type StoreFile } from '../store/database.ts';
import { loadStoreKey, removeStoreKey, storeKeyPath } from '../store/key.ts';
import { notUsed, storePath } from '../store/open.ts';
import { bytesUsed, compact, proofCount, shrink } from '../store/size.ts';
import { writePage } from '../system/layout.ts';
import { reasonOf } from '../system/system-error.ts';

const MEBIBYTE = 1024 * 1024;
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

const status: Run = async (args, invocation) => {
  const { env, streams } = invocation;
  const path = placeOf(env);
  const { settings } = await resolvedHere(invocation, { flags: args.flags });
  const on = usesStore(settings, invocation, true);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const key = loadStoreKey(env, false);
  const proofs = key && withFile(path, (file) => proofCount(file, key));
  const lines = [
    `store: ${path} (${(size / MEBIBYTE).toFixed(1)} MiB)`,
    `key: ${storeKeyPath(env)}${key === undefined ? ' (none yet)' : ''}`,
    `proofs: ${plural(proofs ?? 0, 'commit')}`,
    hasSqlite()
      ? `git signet verify uses it here: ${on ? 'yes' : 'no (signet.store)'}`
      : 'git signet verify uses it here: no (this Node.js has no SQLite, so take 22.13 or later)',
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
  writePage(streams, `the proof store has ${((left ?? 0) / MEBIBYTE).toFixed(1)} MiB now\n`);
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

const run: Run = (args, ...rest) =>
  RUNS[(args.positionals[0] ?? 'status') as keyof typeof RUNS](args, ...rest);

export const command: Command = {
  summary: 'what was verified before: status, prune, clear',
  positionals: [{ name: 'WHAT', takes: ['status', 'prune', 'clear'], optional: true }],
  about: [
    'git signet verify keeps a proof of each commit of a range whose evidence holds. The next run judges the policy anew, and need not verify that evidence again. prune makes the store small. clear removes it with its key, which is always safe.',
  ],
  examples: [
    ['git signet store status'],
    ['git signet store clear'],
    ['git config --global signet.store off'],
  ],
  exits: { 0: 'done', 2: 'usage, or the store cannot be used' },
  run,
};
