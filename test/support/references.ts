/** What a text of the project points to: links, paths, files that its comments name, chapters of specifications. */

import { posix } from 'node:path';

/** A text of the project, by its path from the root. */
export interface Text {
  readonly path: string;
  readonly text: string;
}

/** Anchor of a heading, as forges make it: lower case, no punctuation, dashes for spaces. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Markdown without its code blocks, which hold no link and no sentence. */
export function withoutBlocks(markdown: string): string {
  return markdown.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** Relative links of a document that lead nowhere: no file, or no heading. `read` gives a tracked file's text. */
export function deadLinks({ path, text }: Text, read: (path: string) => string | undefined) {
  const links = withoutBlocks(text).matchAll(/\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]+))?\)/g);
  return [...links].flatMap(([link, file = '', anchor]) => {
    const target = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
    const found = read(target);
    const headings = [...(found ?? '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
    const there = found !== undefined && (!anchor || headings.map(anchorOf).includes(anchor));
    return there ? [] : [`${path}: ${link}`];
  });
}

/** Stands for a name of the reader's choice. */
const STANDS_FOR = /\bNAME\b/;
const ENDS_WELL = /\.(?:json|md|py|sh|ts|txt|yaml|yml)$/;

/**
 * Gives the paths from the root that a text names and that are not among the `tracked` files and their folders. A
 * document may name folders and files without an ending: elsewhere such names are too often of another program.
 */
export function deadPaths(tracked: readonly string[]): (text: Text) => readonly string[] {
  const there = withFolders(tracked);
  // workflows are named by their place in the user's repository
  const tops = [...there].filter(
    (name) => !name.includes('/') && !tracked.includes(name) && name !== '.github',
  );
  const top = tops.join('|').replaceAll('.', '\\.');
  const place = new RegExp(
    `(?<![\\w/.@{}-])(?:${top})/(?:[\\w.-]+/)*[\\w.-]*\\w(?=/?(?:[^\\w/]|$))`,
    'gm',
  );
  return ({ path, text }) =>
    (text.match(place) ?? [])
      .filter((name) => path.endsWith('.md') || ENDS_WELL.test(name))
      .filter((name) => !STANDS_FOR.test(name) && !there.has(name))
      .map((name) => `${path}: ${name}`);
}

/** Every file, and every folder that holds one. */
function withFolders(files: readonly string[]): ReadonlySet<string> {
  const parts = files.map((file) => file.split('/'));
  const all = parts.flatMap((names) =>
    names.map((_, index) => names.slice(0, index + 1).join('/')),
  );
  return new Set(all);
}

/** Comments of a TypeScript file, one string a line. A `//` inside a string needs a space before it to count. */
function commentsOf(text: string): readonly string[] {
  return text.match(/^\s*(?:\/\*\*|\*|\/\/).*$|(?<=[;,{}()] )\/\/ .*$/gm) ?? [];
}

const FILE = /(?<![\w/.:-])[\w.-]+(?:\/[\w.-]+)*\.(?:ts|md)\b/g;
const HOST = /^[\w-]+\.[\w.-]+\//;

/**
 * Files that comments and documents name and that are not in the project. A name may leave out the first folders of its
 * path, and dots for folders count for nothing. Other projects' documents are named by their address.
 */
export function deadNames({ path, text }: Text, tracked: readonly string[]): readonly string[] {
  const lines = path.endsWith('.md') ? withoutBlocks(text).split('\n') : commentsOf(text);
  const named = lines
    .flatMap((line) => line.replace(/\.{1,2}\//g, '').match(FILE) ?? [])
    .filter((name) => !STANDS_FOR.test(name));
  return named
    .filter((name) => !HOST.test(name))
    .filter((name) => !tracked.some((file) => file === name || file.endsWith(`/${name}`)))
    .map((name) => `${path}: ${name}`);
}

/**
 * Comments that cite a chapter (`§`) of something that is not public: a word of everyday language stands before it,
 * where a specification has its name or its version.
 */
export function deadChapters({ path, text }: Text): readonly string[] {
  return commentsOf(text)
    .filter((line) => /(?<![\w.-])(?!specification|standard|policy)[a-z]+ §/.test(line))
    .map((line) => `${path}: ${line.trim()}`);
}
