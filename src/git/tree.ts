/**
 * Reads a tree as its files, with what its own `.gitattributes` say about archives. Everything is read by hash. git
 * evaluates attributes in a private repository that holds nothing else. So the working tree and the clone's
 * `info/attributes` have no effect, and no filter runs (threats P14, P17).
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromUtf8, fromUtf8Lossy, latin1, utf8 } from '../core/bytes.ts';
import { tagTarget } from '../core/git/links.ts';
import type { TreeFile } from '../core/git/tree.ts';
import { readLinks } from './commit-links.ts';
import { corrupt } from './hashed-object.ts';
import { answerOf, openPrivateRepository, type PrivateRepository } from './private-repository.ts';
import { GIT_READS, runGit } from './process.ts';
import { type GitRepository, gitLine } from './repository.ts';
import { filesBelow, isHeld } from './tree-walk.ts';

export interface Tree {
  readonly id: string;
  /** Files by path. A path has one character a byte. */
  readonly files: ReadonlyMap<string, TreeFile>;
  /** Bytes of content of all files. git's numbers are not proved, so they only limit the work. */
  readonly bytes: number;
}

/** Reads the tree of a commit with all its files. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
export async function readTree(repository: GitRepository, commit: string): Promise<Tree> {
  const [links] = await readLinks(repository, [commit]);
  if (links?.tree === undefined) throw corrupt(commit, 'it is a commit without a tree');
  const files = await filesBelow(repository, links.tree);
  const blobs = [...files.values()].filter(isHeld).map(({ oid }) => oid);
  const sizes = await gitLine(
    repository,
    ['cat-file', '--buffer', '--batch-check=%(objectsize)'],
    utf8(blobs.map((oid) => `${oid}\n`).join('')),
  );
  const bytes = sizes.split('\n').reduce((sum, size) => sum + (Number(size) || 0), 0);
  return { id: links.tree, files, bytes };
}

/** Copies an object and hashes it on the way. */
async function copy(
  { objects }: GitRepository,
  held: PrivateRepository,
  id: string,
  type: 'blob' | 'commit' | 'tag',
): Promise<void> {
  await held.put(type, (await objects.get(id, type)).raw);
}

/** Returns the paths for which the tree's own attributes set `name`. Directories end with a slash. */
export async function pathsWithAttribute(
  repository: GitRepository,
  { files }: Tree,
  name: 'export-ignore' | 'export-subst',
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const rules = [...files].filter(([path]) => /(?:^|\/)\.gitattributes$/.test(path));
  if (paths.length === 0 || rules.length === 0) return new Set();
  const held = await openPrivateRepository(repository);
  try {
    for (const [, file] of rules) if (isHeld(file)) await copy(repository, held, file.oid, 'blob');
    const rows = rules.map(([path, { mode, oid }]) => `${mode} ${oid}\t${path}\0`);
    await answerOf(
      held,
      ['update-index', '-z', '--index-info'],
      Buffer.from(rows.join(''), 'latin1'),
    );
    const input = Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
    const args = ['check-attr', '-z', '--stdin', '--cached', name];
    const words = latin1(await answerOf(held, args, input)).split('\0');
    const found = new Set<string>();
    for (let i = 0; i + 2 < words.length; i += 3) {
      if (words[i + 2] === 'set') found.add(words[i] ?? '');
    }
    return found;
  } finally {
    await held.close();
  }
}

/** Copies the refs that git would name beside the commit, and their tags. `%d` and `%(describe)` need them. */
async function copyRefs(
  repository: GitRepository,
  held: PrivateRepository,
  commit: string,
): Promise<void> {
  const format = '--format=%(objectname) %(objecttype) %(refname)';
  const listed = await gitLine(repository, ['for-each-ref', `--points-at=${commit}`, format]);
  const rows: string[] = [];
  for (const line of listed.split('\n').filter(Boolean)) {
    const [id = '', type = '', ref = ''] = line.split(' ');
    if (type === 'tag') await copyTags(repository, held, id);
    rows.push(`${id} ${ref}\n`);
  }
  await writeFile(join(held.path, 'packed-refs'), rows.join(''));
  const { stdout } = await runGit(repository, [...GIT_READS, 'symbolic-ref', '--quiet', 'HEAD']);
  const head = fromUtf8Lossy(stdout).trimEnd();
  if (rows.some((row) => row.endsWith(` ${head}\n`))) {
    await writeFile(join(held.path, 'HEAD'), `ref: ${head}\n`);
  }
}

/** Copies a tag, and the tags that it leads to. */
async function copyTags(
  repository: GitRepository,
  held: PrivateRepository,
  id: string,
): Promise<void> {
  for (let next: string | undefined = id; next !== undefined; ) {
    const { raw }: { raw: Uint8Array } = await repository.objects.get(next, 'tag');
    await held.put('tag', raw);
    const target = tagTarget(raw, repository.format);
    next = target?.targetType === 'tag' ? target.target : undefined;
  }
}

/** Returns a private repository with the commit and its refs only, in which git's log can print the commit. */
async function aroundCommit(repository: GitRepository, commit: string): Promise<PrivateRepository> {
  const held = await openPrivateRepository(repository);
  await copy(repository, held, commit, 'commit');
  await copyRefs(repository, held, commit);
  return held;
}

/**
 * Returns files as `git archive` writes them under `export-subst`, by blob. git's log replaces each `$Format:…$`, from the
 * commit's own bytes and the names of its refs. A file is undefined if that would run another program (`%G` runs the
 * signing program), needs more than the commit, or is not text.
 */
export async function substituted(
  repository: GitRepository,
  commit: string,
  blobs: Iterable<string>,
): Promise<ReadonlyMap<string, Uint8Array | undefined>> {
  const made = new Map<string, Uint8Array | undefined>();
  const wanted = new Set(blobs);
  if (wanted.size === 0) return made;
  const held = await aroundCommit(repository, commit);
  try {
    const short = await gitLine(repository, ['rev-parse', '--short', commit]);
    const log = ['-c', `core.abbrev=${short.length}`, 'log', '-1', '--no-walk'];
    const ask = async (format: string): Promise<Uint8Array | undefined> => {
      const plain = ['--no-show-signature', '--no-notes', '--no-color'];
      const args = [...log, ...plain, `--pretty=format:${format}`, commit, '--'];
      const { exitCode, stdout } = await held.ask(args);
      return exitCode === 0 ? stdout : undefined;
    };
    for (const oid of wanted) made.set(oid, await filledIn(repository, oid, ask));
    return made;
  } finally {
    await held.close();
  }
}

async function filledIn(
  { objects }: GitRepository,
  oid: string,
  ask: (format: string) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  const parts = latin1((await objects.get(oid, 'blob')).raw).split(/\$Format:([^$]*)\$/);
  for (let i = 1; i < parts.length; i += 2) {
    const format = fromUtf8(Buffer.from(parts[i] ?? '', 'latin1'));
    if (format === undefined || /%G|\0/.test(format)) return undefined;
    for (const [described] of format.matchAll(/%[-+ ]?\(describe[^)]*\)/g)) {
      // without a tag on the commit itself, git would search the history
      if (((await ask(described))?.length ?? 0) === 0) return undefined;
    }
    const text = await ask(format);
    if (text === undefined) return undefined;
    parts[i] = latin1(text);
  }
  return Buffer.from(parts.join(''), 'latin1');
}

/** Returns a path as text, for display. */
export const shownPath = (path: string): string => fromUtf8Lossy(Buffer.from(path, 'latin1'));
