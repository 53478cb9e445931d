/**
 * A tree as its files, with what the tree's own `.gitattributes` say about archives of it. Attributes are read from a
 * private index, never from a working tree; no filter runs (threat P14).
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, fromUtf8Lossy, latin1 } from '../core/bytes.ts';
import type { TreeFile } from '../core/git/tree.ts';
import { readTreeList } from '../core/git/tree.ts';
import { UsageError } from '../errors.ts';
import { GIT_READS, type GitRepository, gitSaid } from './git-repository.ts';
import { runProcess } from './process.ts';

const READS: readonly string[] = [...GIT_READS, '-c', `core.attributesFile=${devNull}`];

async function bytesOf(
  { git, cwd, env }: GitRepository,
  args: readonly string[],
  more: { readonly input?: Uint8Array; readonly env?: Record<string, string> } = {},
): Promise<Uint8Array> {
  const result = await runProcess(git, [...READS, ...args], {
    cwd,
    env: { ...env, GIT_ATTR_NOSYSTEM: '1', ...more.env },
    ...(more.input === undefined ? {} : { input: more.input }),
  });
  if (result.exitCode === 0) return result.stdout;
  const said = gitSaid(result.stderr, `git ${args[0]} ended with ${result.exitCode}`);
  throw new UsageError(`git: ${said.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' });
}

export interface Tree {
  readonly id: string;
  /** Paths: one character a byte. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Bytes of content, over all files. */
  readonly bytes: number;
}

/** The tree of a commit, all files of it. */
export async function readTree(repository: GitRepository, commit: string): Promise<Tree> {
  const name = await bytesOf(repository, [
    'rev-parse',
    '--verify',
    '--end-of-options',
    `${commit}^{tree}`,
  ]);
  const id = latin1(name).trim();
  const list = latin1(await bytesOf(repository, ['ls-tree', '-r', '-l', '-z', '--full-tree', id]));
  let bytes = 0;
  // `<mode> <type> <id> <size>\t<path>`: the size is taken out, what remains is ls-tree's plain form
  const plain = list.replace(/(?<=^|\0)(\d+ \w+ \w+) +(\d+|-)\t/g, (_, head, size) => {
    bytes += size === '-' ? 0 : Number(size);
    return `${head}\t`;
  });
  return { id, files: readTreeList(Buffer.from(plain, 'latin1')), bytes };
}

/** Of these paths, those for which the tree's own attributes say `name`. Directories end with a slash. */
export async function pathsWithAttribute(
  repository: GitRepository,
  tree: string,
  name: 'export-ignore' | 'export-subst',
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set();
  const directory = await mkdtemp(join(tmpdir(), 'git-signet-index-'));
  try {
    const env = { GIT_INDEX_FILE: join(directory, 'index') };
    await bytesOf(repository, ['read-tree', tree], { env });
    const input = Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
    const args = ['check-attr', '-z', '--stdin', '--cached', name];
    const words = latin1(await bytesOf(repository, args, { env, input })).split('\0');
    const found = new Set<string>();
    for (let i = 0; i + 2 < words.length; i += 3) {
      if (words[i + 2] === 'set') found.add(words[i] ?? '');
    }
    return found;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * A file as `git archive` writes it where `export-subst` is set: each `$Format:…$` replaced by what git's log makes of
 * it. Undefined where that would run another program (`%G`: signatures) or is not text.
 */
export async function substituted(
  repository: GitRepository,
  commit: string,
  oid: string,
): Promise<Uint8Array | undefined> {
  const content = latin1(await bytesOf(repository, ['cat-file', 'blob', oid]));
  const parts = content.split(/\$Format:([^$]*)\$/);
  for (let i = 1; i < parts.length; i += 2) {
    const format = fromUtf8(Buffer.from(parts[i] ?? '', 'latin1'));
    if (format === undefined || /%G|\0/.test(format)) return undefined;
    const args = ['log', '-1', '--no-walk', '--no-show-signature', '--no-notes', '--no-color'];
    const text = await bytesOf(repository, [...args, `--pretty=format:${format}`, commit, '--']);
    parts[i] = latin1(text);
  }
  return Buffer.from(parts.join(''), 'latin1');
}

/** A path for showing. */
export const shownPath = (path: string): string => fromUtf8Lossy(Buffer.from(path, 'latin1'));
