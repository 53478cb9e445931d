/** docs/clients.md says nothing of a client that no test has seen: its rows and recipes are those of the tests beside this one. */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clientsPage, recipesOf } from '../support/recipes.ts';

const here = new URL('.', import.meta.url);
const tests = readdirSync(here)
  .filter((name) => /^clients-.*\.peers\.test\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, here), 'utf8'))
  .join('\n');
const page = clientsPage();

/** The first cells of the table below a heading. */
function rowsOf(heading: string): readonly string[] {
  const section = page.slice(page.indexOf(`## ${heading}\n`)).split(/^## /m)[1] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) => line.split('|')[1]?.trim() ?? '');
}

/** A client's name as its tests have it: without its version, its marks, and the part that is called. */
const nameOf = (cell: string): string => /^`?([\w.-]+)/.exec(cell)?.[1] ?? cell;

it('every client in the tables of what was tried has a story in a test', () => {
  const rows = [...rowsOf('Unsigned without a word'), ...rowsOf('What was tried')];
  expect(rows.length).toBeGreaterThan(15);
  const told = [...tests.matchAll(/(?:describe|skipIf\([^)]*\))\('([^']+)'/g)].map((one) => one[1]);
  expect(rows.filter((row) => !told.includes(nameOf(row)))).toEqual([]);
});

it('every recipe is taken from the page by a test, and no test asks for one that is gone', () => {
  const asked = new Set([...tests.matchAll(/recipe\('([^']+)'\)/g)].map((one) => one[1]));
  expect([...recipesOf(page).keys()].sort()).toEqual([...asked].sort());
});

it('every link within the page leads to a heading', () => {
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map((one) => one[1]);
  expect(links.filter((link) => link === undefined || !anchors.includes(link))).toEqual([]);
});

it('a heading with two blocks of code is an error, for a test would run the first alone', () => {
  const block = '```sh\ntrue\n```\n';
  const text = (blocks: string) => `## Recipes\n\n### one\n\n${blocks}\n## Next\n`;
  expect([...recipesOf(text(block)).values()]).toEqual([{ language: 'sh', code: 'true\n' }]);
  expect(() => recipesOf(text(block + block))).toThrow('one has 2 blocks');
  expect(() => recipesOf(text('no code'))).toThrow('one has 0 blocks');
});
