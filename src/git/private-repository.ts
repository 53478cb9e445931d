/**
 * Opens an empty bare repository for questions that only git can answer. It holds only objects that were hashed on their
 * way in. It has no configuration, attribute, ref or filter of the repository that is judged (threats P14, P17).
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { objectId } from '../core/git/signed-object.ts';
import { UsageError } from '../errors.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { ProcessResult } from '../system/process.ts';
import { privateEnvironment } from './environment.ts';
import type { GitObjectType } from './object-frames.ts';
import { GIT_READS, type GitPlace, gitSaid, runGit } from './process.ts';
import type { GitRepository } from './repository.ts';

export interface PrivateRepository {
  readonly path: string;
  /** Stores an object and returns its hash. */
  readonly put: (type: GitObjectType, raw: Uint8Array) => Promise<string>;
  /** Asks git there. */
  readonly ask: (args: readonly string[], input?: Uint8Array) => Promise<ProcessResult>;
  readonly close: () => Promise<void>;
}

async function writeObject(path: string, id: string, framed: readonly Uint8Array[]): Promise<void> {
  const directory = join(path, 'objects', id.slice(0, 2));
  await mkdir(directory, { recursive: true });
  // objects are read once and then deleted, so speed counts more than size
  const bytes = deflateSync(Buffer.concat(framed), { level: 1 });
  try {
    await writeFile(join(directory, id.slice(2)), bytes, { flag: 'wx' });
  } catch (error) {
    // git has made this object itself, as the tree of an earlier merge, and its files cannot be written again
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Makes an empty repository with the object format of `repository`. The caller closes it. @throws UsageError GIT_FAILED */
export async function openPrivateRepository({
  git,
  env,
  format,
}: GitRepository): Promise<PrivateRepository> {
  const crypto: Crypto = await loadCrypto();
  const path = await mkdtemp(join(tmpdir(), 'git-signet-private-'));
  const place: GitPlace = { git, cwd: path, env: privateEnvironment(env, path) };
  const made = await runGit(place, [
    'init',
    '-q',
    '--bare',
    '--template=',
    `--object-format=${format}`,
  ]);
  if (made.exitCode !== 0) {
    await rm(path, { recursive: true, force: true });
    throw new UsageError(`git init: ${gitSaid(made.stderr, 'failed')}`, { code: 'GIT_FAILED' });
  }
  await writeFile(join(path, 'HEAD'), 'ref: refs/heads/none\n');
  const held = new Set<string>();
  const put: PrivateRepository['put'] = async (type, raw) => {
    const id = objectId(crypto, type, raw, format);
    if (!held.has(id)) await writeObject(path, id, [utf8(`${type} ${raw.length}\0`), raw]);
    held.add(id);
    return id;
  };
  const ask: PrivateRepository['ask'] = (args, input) =>
    runGit(place, [...GIT_READS, ...args], { input });
  return { path, put, ask, close: () => rm(path, { recursive: true, force: true }) };
}

/** Returns git's answer there. @throws UsageError GIT_FAILED */
export async function answerOf(
  repository: PrivateRepository,
  args: readonly string[],
  input?: Uint8Array,
): Promise<Uint8Array> {
  const result = await repository.ask(args, input);
  if (result.exitCode === 0) return result.stdout;
  const said = gitSaid(result.stderr, `git ${args[0]} ended with ${result.exitCode}`);
  throw new UsageError(`git: ${said.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' });
}
