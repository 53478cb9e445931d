/**
 * The tree that git's own merge of two commits makes, without conflicts. It is asked in an empty repository of its own
 * that borrows the objects of the real one: no configuration, attribute, merge driver or filter of a checkout is in
 * force there, and what git writes goes away with it (threat P14).
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { GIT_READS, type GitRepository, gitSaid } from './git-repository.ts';
import { runProcess } from './process.ts';

export interface MergeTrees {
  /** Name of the tree; undefined where the merge has conflicts, or git makes none. @throws UsageError GIT_FAILED before git 2.38 */
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
  await runProcess(
    git,
    ['init', '-q', '--bare', '--template=', `--object-format=${format}`, path],
    {
      cwd: path,
      env,
    },
  );
  await writeFile(join(path, 'HEAD'), 'ref: refs/heads/none\n');
  // a line of its own, not a variable: a colon in a path would make two of one there. What a server's quarantine
  // borrows stays in git's variable, as git wrote it.
  await mkdir(join(path, 'objects', 'info'), { recursive: true });
  await writeFile(join(path, 'objects', 'info', 'alternates'), `${await objectsOf(repository)}\n`);
  return { path, env: { ...env, GIT_DIR: path } };
}

async function shareNothing(
  { git, cwd, env, shallow }: GitRepository,
  first: string,
  second: string,
): Promise<boolean> {
  if (shallow.size > 0) return false;
  const args = [...GIT_READS, 'merge-base', first, second];
  return (await runProcess(git, args, { cwd, env })).exitCode === 1;
}

/** Merges on demand; the scratch repository is made for the first. */
export function openMergeTrees(repository: GitRepository): MergeTrees {
  let made: ReturnType<typeof emptyRepository> | undefined;
  const treeOf: MergeTrees['treeOf'] = async (first, second) => {
    made ??= emptyRepository(repository);
    const { path, env } = await made;
    const args = [...GIT_READS, 'merge-tree', '--write-tree', '--no-messages', first, second];
    const { exitCode, stdout, stderr } = await runProcess(repository.git, args, {
      cwd: path,
      env: env as Record<string, string>,
    });
    const tree = /^[0-9a-f]{40,64}/.exec(fromUtf8Lossy(stdout))?.[0];
    if (exitCode === 0 && tree !== undefined) return tree;
    // with conflicts it names a tree as well; of histories that share nothing git makes no merge
    if (exitCode === 1 && tree !== undefined) return undefined;
    if (exitCode === 128 && (await shareNothing(repository, first, second))) return undefined;
    const said = gitSaid(stderr, `ended with ${exitCode}`).replace(/^fatal: /, '');
    throw new UsageError(
      exitCode === 129
        ? 'git merge-tree --write-tree failed: git 2.38 or newer is needed'
        : `git merge-tree: ${said}`,
      { code: 'GIT_FAILED' },
    );
  };
  const close = async (): Promise<void> => {
    if (made !== undefined) await rm((await made).path, { recursive: true, force: true });
  };
  return { treeOf, close };
}
