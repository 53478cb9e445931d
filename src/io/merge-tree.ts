/**
 * The tree that git's own merge of two commits makes, without conflicts. It is asked in an empty repository of its own
 * that borrows the objects of the real one: no configuration, attribute, merge driver or filter of a checkout is in
 * force there, and what git writes goes away with it (threat P14).
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { GIT_READS, type GitRepository } from './git-repository.ts';
import { runProcess } from './process.ts';

export interface MergeTrees {
  /** Name of the tree; undefined where the merge has conflicts. @throws UsageError GIT_FAILED before git 2.38 */
  readonly treeOf: (first: string, second: string) => Promise<string | undefined>;
  readonly close: () => Promise<void>;
}

async function objectsOf({ git, cwd, env }: GitRepository): Promise<string> {
  const args = [...GIT_READS, 'rev-parse', '--git-path', 'objects'];
  const { stdout } = await runProcess(git, args, { cwd, env });
  return resolve(cwd, fromUtf8Lossy(stdout).trimEnd());
}

async function emptyRepository(repository: GitRepository): Promise<{ path: string; env: object }> {
  const path = await mkdtemp(join(tmpdir(), 'git-signet-merge-'));
  const { git, format } = repository;
  const bare = {
    ...repository.env,
    ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_ATTR_NOSYSTEM: '1' },
  };
  const without = ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY'];
  const env = Object.fromEntries(
    Object.entries(bare).filter(
      ([name]) => !without.includes(name) && !/^GIT_CONFIG_(COUNT|PARAMETERS|KEY|VALUE)/.test(name),
    ),
  );
  const objects = await objectsOf(repository);
  const borrowed = [
    objects,
    repository.env.GIT_ALTERNATE_OBJECT_DIRECTORIES,
    repository.env.GIT_OBJECT_DIRECTORY,
  ];
  const alternates = borrowed.filter((each) => each !== undefined && each !== '').join(delimiter);
  await runProcess(
    git,
    ['init', '-q', '--bare', '--template=', `--object-format=${format}`, path],
    {
      cwd: path,
      env,
    },
  );
  await writeFile(join(path, 'HEAD'), 'ref: refs/heads/none\n');
  const own = { GIT_DIR: path, GIT_ALTERNATE_OBJECT_DIRECTORIES: alternates };
  return { path, env: { ...env, ...own } };
}

/** Merges on demand; the scratch repository is made for the first. */
export function openMergeTrees(repository: GitRepository): MergeTrees {
  let made: ReturnType<typeof emptyRepository> | undefined;
  const treeOf: MergeTrees['treeOf'] = async (first, second) => {
    made ??= emptyRepository(repository);
    const { path, env } = await made;
    const args = [...GIT_READS, 'merge-tree', '--write-tree', '--no-messages', first, second];
    const { exitCode, stdout } = await runProcess(repository.git, args, {
      cwd: path,
      env: env as Record<string, string>,
    });
    if (exitCode === 0) return /^[0-9a-f]{40,64}/.exec(fromUtf8Lossy(stdout))?.[0];
    if (exitCode === 1) return undefined;
    throw new UsageError('git merge-tree --write-tree failed: git 2.38 or newer is needed', {
      code: 'GIT_FAILED',
    });
  };
  const close = async (): Promise<void> => {
    if (made !== undefined) await rm((await made).path, { recursive: true, force: true });
  };
  return { treeOf, close };
}
