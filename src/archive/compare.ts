/**
 * Compares an archive with the signed tree. Files, kinds and contents must be exactly the same. The attributes of the tree
 * (`export-ignore`, `export-subst`) may leave out or change files, and the result names those.
 */

import type { Crypto } from '../core/crypto.ts';
import { type TreeFile, treeId } from '../core/git/tree.ts';
import type { GitRepository } from '../git/repository.ts';
import { pathsWithAttribute, shownPath, substituted, type Tree } from '../git/tree.ts';
import { type Archive, type ArchiveEntry, blobHash } from './entry.ts';

export interface Comparison {
  /** One line for each difference, with the file's name first. Hostile text is not yet escaped. Empty if there is none. */
  readonly problems: readonly string[];
  /** Files that the tree's attributes leave out. */
  readonly ignored: readonly string[];
  /** Files that the tree's attributes change. */
  readonly substituted: readonly string[];
  readonly prefix: string;
  readonly files: number;
}

interface Matched {
  readonly problems: readonly string[];
  readonly missing: readonly string[];
  readonly changed: readonly string[];
  readonly found: ReadonlyMap<string, ArchiveEntry>;
}

const GITLINK = '160000';
const KINDS: Readonly<Record<string, string>> = {
  '100644': 'a file',
  '100755': 'an executable file',
  '120000': 'a link',
  [GITLINK]: 'a submodule',
  directory: 'a directory',
};

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function unknown(name: string, folded: ReadonlyMap<string, string>): string {
  const twin = folded.get(name.toLowerCase());
  const note = twin === undefined ? '' : ` (it has ${shownPath(twin)})`;
  return `${shownPath(name)}: not in the signed tree${note}`;
}

/** Compares names, kinds and contents under one prefix. */
function matchEntries(archive: Archive, { files }: Tree, prefix: string): Matched {
  const problems: string[] = [];
  const changed: string[] = [];
  const found = new Map<string, ArchiveEntry>();
  const directories = new Set([...files.keys()].flatMap(parentsOf));
  const folded = new Map([...files.keys()].map((path) => [path.toLowerCase(), path]));
  const above = new Set(parentsOf(prefix));
  for (const entry of archive.entries) {
    if (entry.mode === 'directory' && above.has(entry.name)) continue;
    const name = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : undefined;
    const file = name === undefined ? undefined : files.get(name);
    if (name === undefined) {
      problems.push(`${shownPath(entry.name)}: not below ${shownPath(prefix)}`);
    } else if (found.has(name)) {
      problems.push(`${shownPath(name)}: there twice`);
    } else if (entry.mode === 'directory' && (directories.has(name) || file?.mode === GITLINK)) {
      found.set(name, entry);
    } else if (file === undefined) {
      problems.push(unknown(name, folded));
    } else if (file.mode !== entry.mode) {
      const [is, was] = [KINDS[entry.mode], KINDS[file.mode] ?? file.mode];
      problems.push(`${shownPath(name)}: ${is} here, ${was} in the signed tree`);
    } else {
      if (file.oid !== entry.oid) changed.push(name);
      found.set(name, entry);
    }
  }
  const missing = [...files].filter(([path, { mode }]) => mode !== GITLINK && !found.has(path));
  return { problems, changed, found, missing: missing.map(([path]) => path) };
}

/** Returns the directory that holds all entries, or undefined if there is none. */
function commonTop({ entries }: Archive): string | undefined {
  const top = entries[0]?.name.split('/')[0];
  if (top === undefined) return undefined;
  const inside = entries.every(({ name, mode }) => {
    return name.startsWith(`${top}/`) || (name === top && mode === 'directory');
  });
  return inside ? `${top}/` : undefined;
}

const faults = ({ problems, missing, changed }: Matched): number =>
  problems.length + missing.length + changed.length;

function bestMatch(archive: Archive, tree: Tree, given: string | undefined): [string, Matched] {
  if (given !== undefined) return [given, matchEntries(archive, tree, given)];
  const plain = matchEntries(archive, tree, '');
  const top = commonTop(archive);
  if (faults(plain) === 0 || top === undefined) return ['', plain];
  const below = matchEntries(archive, tree, top);
  return faults(below) < faults(plain) ? [top, below] : ['', plain];
}

export interface CompareRequest {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  readonly commit: string;
  readonly tree: Tree;
  /** With its slash at the end. If undefined, it is found. */
  readonly prefix: string | undefined;
}

/** Returns missing files that the tree's attributes leave out, directly or by a directory above them. */
async function ignoredOf(
  { repository, tree }: CompareRequest,
  missing: readonly string[],
): Promise<ReadonlySet<string>> {
  const asked = new Set(
    missing.flatMap((path) => [path, ...parentsOf(path).map((dir) => `${dir}/`)]),
  );
  const set = await pathsWithAttribute(repository, tree, 'export-ignore', [...asked]);
  const out = missing.filter(
    (path) => set.has(path) || parentsOf(path).some((dir) => set.has(`${dir}/`)),
  );
  return new Set(out);
}

/** Returns changed files whose change is exactly git's `export-subst`. */
async function substitutedOf(
  { repository, tree, commit }: CompareRequest,
  { changed, found }: Matched,
): Promise<ReadonlySet<string>> {
  const set = await pathsWithAttribute(repository, tree, 'export-subst', changed);
  const oidOf = (path: string): string => tree.files.get(path)?.oid ?? '';
  const texts = await substituted(repository, commit, [...set].map(oidOf));
  const granted = new Set<string>();
  for (const path of set) {
    const text = texts.get(oidOf(path));
    const made = text && blobHash(repository.format, text.length).update(text).digest('hex');
    if (made !== undefined && made === found.get(path)?.oid) granted.add(path);
  }
  return granted;
}

/** Computes the tree's id from the files of the archive, except for files that the tree's attributes change. */
function recomputed(
  request: CompareRequest,
  { found }: Matched,
  granted: ReadonlySet<string>,
): string {
  const { tree, crypto, repository } = request;
  const files = [...tree.files].map(([path, file]): [string, TreeFile] => {
    const entry = found.get(path);
    const own = entry === undefined || entry.mode === 'directory' || granted.has(path);
    return [path, own ? file : { mode: entry.mode, oid: entry.oid }];
  });
  return treeId(files, crypto, repository.format);
}

/** Compares a whole archive. It runs no filter and reads no working tree. */
export async function compareArchive(
  archive: Archive,
  request: CompareRequest,
): Promise<Comparison> {
  const { tree, commit } = request;
  const [prefix, matched] = bestMatch(archive, tree, request.prefix);
  const ignored = await ignoredOf(request, matched.missing);
  const granted = await substitutedOf(request, matched);
  const { comment } = archive;
  const problems = [
    ...(comment === undefined || comment === commit
      ? []
      : [`the archive says that it was made from ${comment}, not from ${commit}`]),
    ...matched.problems,
    ...matched.changed
      .filter((path) => !granted.has(path))
      .map((path) => `${shownPath(path)}: content differs from the signed tree`),
    ...matched.missing
      .filter((path) => !ignored.has(path))
      .map((path) => `${shownPath(path)}: missing`),
  ];
  const id = problems.length === 0 ? recomputed(request, matched, granted) : tree.id;
  if (id !== tree.id) problems.push(`its tree is ${id}, but the signed tree is ${tree.id}`);
  return {
    problems,
    ignored: [...ignored].map(shownPath),
    substituted: [...granted].map(shownPath),
    prefix: shownPath(prefix),
    files: matched.found.size,
  };
}
