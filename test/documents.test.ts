/** Every place that a text of the project points to is there. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/commands/table.ts';
import { SETTING_NAMES } from '../src/settings/table.ts';
import { altFaults } from './support/alt-text.ts';
import { deadChapters, deadLinks, deadNames, deadPaths, type Text } from './support/references.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n');

/** Lists of what was, samples of what is wrong, and files that are not text. */
const ASIDE = /^(?:CHANGELOG\.md|docs\/where-is\.md|package-lock\.json|test\/vectors\/(?!.*\.md$))/;
const texts: readonly Text[] = tracked
  .filter((path) => !ASIDE.test(path))
  .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));
/** Comes with a dependency. */
const FOREIGN = ['LICENSE.third-party.md'];
const documents = texts.filter(({ path }) => path.endsWith('.md'));
const code = texts.filter(({ path }) => /^(?:src|scripts|test|examples)\/.*\.ts$/.test(path));

const read = (path: string): string | undefined =>
  tracked.includes(path) ? readFileSync(root + path, 'utf8') : undefined;

/** A text with one more line: what a careless change would leave. */
const careless = (path: string, line: string): Text => ({ path, text: `\n${line}\n` });

describe('what the texts point to', () => {
  it('a link of a document leads to a file of the project, and to a heading where it names one', () => {
    expect(documents.length).toBeGreaterThan(10);
    expect(documents.flatMap((text) => deadLinks(text, read))).toEqual([]);
    expect(deadLinks(careless('docs/a.md', '[x](gone.md) [y](gate.md#on-push)'), read)).toEqual([
      'docs/a.md: ](gone.md)',
    ]);
    expect(deadLinks(careless('docs/a.md', '[y](gate.md#no-such-heading)'), read)).toHaveLength(1);
  });

  it('a path that a text names is in the project', () => {
    // names a file that is not there, to see that this is noticed
    const samples = /^test\/(?:threats|documents)\.test\.ts$/;
    const named = texts.filter(({ path }) => !samples.test(path));
    const dead = deadPaths(tracked);
    expect(named.flatMap(dead)).toEqual([]);
    expect(dead(careless('docs/a.md', 'see `src/gone/` and `src/core/`.'))).toEqual([
      'docs/a.md: src/gone',
    ]);
    expect(dead(careless('src/a.ts', '// src/core/gone.ts, src/a/b'))).toEqual([
      'src/a.ts: src/core/gone.ts',
    ]);
  });

  it('a file that a comment or a document names is in the project, or is named by its address', () => {
    const known = [...tracked, ...FOREIGN];
    expect([...code, ...documents].flatMap((text) => deadNames(text, known))).toEqual([]);
    const line = '/** As gone.md and core/verify.ts say, and github.com/a/b/docs/c.md. */';
    expect(deadNames(careless('src/a.ts', line), tracked)).toEqual(['src/a.ts: gone.md']);
  });

  it('a chapter that a comment cites is of a public specification', () => {
    expect(code.filter(({ text }) => text.includes('§')).length).toBeGreaterThan(50);
    expect(code.flatMap(deadChapters)).toEqual([]);
    const cited = careless('src/a.ts', '// RFC 5652 §5.1, §5.3\n// the exit codes (design §3)');
    expect(deadChapters(cited)).toEqual(['src/a.ts: // the exit codes (design §3)']);
  });

  it('a document shows no command and no setting that the program does not have', () => {
    const pages = documents.map(({ text }) => text).join('\n');
    const words = pages.match(/(?<=git signet )[a-z][a-z-]*/g) ?? [];
    const settings = pages.match(/(?<=(?<![\w.-])signet\.)[a-z]\w*/gi) ?? [];
    expect([words.length, settings.length].every((count) => count > 30)).toBe(true);
    const names: ReadonlySet<string> = new Set([...Object.keys(COMMANDS), ...SETTING_NAMES]);
    expect([...words, ...settings].filter((name) => !names.has(name))).toEqual([]);
  });

  it('an alternative text counts what its picture shows', () => {
    const faults = documents.flatMap(({ path, text }) =>
      altFaults(text, (name) => read(`docs/pictures/${name}`)).map((fault) => `${path}: ${fault}`),
    );
    expect(faults).toEqual([]);
    const picture = '<title>2 x</title><tspan>4 commits: 1 verified, 1 refused</tspan>';
    const faultsOf = (alt: string) => altFaults(`![${alt}](pictures/a.svg)`, () => picture);
    expect(faultsOf('A terminal: 4 commits, 1 verified.')).toEqual([]);
    expect(faultsOf('Two are verified, 2 refused.')).toEqual(['a.svg: Two', 'a.svg: 2 refused']);
    expect(altFaults('![4 commits](pictures/b.svg)', () => undefined)).toEqual([
      'b.svg: no picture',
    ]);
  });

  it('docs/install.md and README warn of a package before the first release', () => {
    const shown = documents.filter(({ text }) => /npm install --global|npm:git-signet/.test(text));
    expect(shown.map(({ path }) => path)).toEqual(['docs/install.md']);
    expect(shown.every(({ text }) => text.includes('No release exists yet'))).toBe(true);
  });

  it('docs/architecture.md names every room of src, and no other', () => {
    const page = readFileSync(`${root}docs/architecture.md`, 'utf8');
    const [, table = ''] = /^## Rooms$([\s\S]*?)^## /m.exec(page) ?? [];
    const rows = [...table.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
    const named = rows.flatMap((cell) => cell.match(/[\w.-]+(?=\/?`)/g) ?? []);
    const rooms = tracked
      .filter((path) => path.startsWith('src/'))
      .map((path) => path.split('/')[1]);
    expect(named.toSorted()).toEqual([...new Set(rooms)].toSorted());
  });

  it('docs/README.md leads to every page of docs', () => {
    const index = readFileSync(`${root}docs/README.md`, 'utf8');
    const pages = tracked.flatMap((path) => /^docs\/([\w-]+\.md)$/.exec(path)?.[1] ?? []);
    const left = pages.filter((page) => page !== 'README.md' && !index.includes(`](${page})`));
    expect(left).toEqual([]);
    expect(pages.length).toBeGreaterThan(20);
  });
});
