/** The pictures of the documents show what the program does now. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FOLDER, PICTURES } from '../../scripts/picture-parts/table.ts';
import { programUnderTest } from '../support/program.ts';
import { haveTools } from '../support/tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, FOLDER);
const textOf = (svg: Uint8Array): string =>
  Buffer.from(svg)
    .toString()
    .replace(/<style>.*?<\/style>|<[^>]+>/g, ' ');
/** The Node form shows other paths. It has no pictures of its own. */
const executable = programUnderTest() === join(root, 'dist/git-signet');

describe('the pictures of the documents', () => {
  it.skipIf(!executable).for(PICTURES)(
    '$name shows what the program shows now, or scripts/pictures makes it anew',
    async ({ name, needs, make, same }, { skip }) => {
      if (!haveTools(...needs)) skip(`no ${needs.join(' or no ')}`);
      const kept = readFileSync(join(folder, name));
      const made = await make(programUnderTest());
      if (name.endsWith('.svg')) expect(textOf(kept)).toBe(textOf(made));
      expect(same(kept, made)).toBe(true);
    },
  );

  it('the folder holds one file for each row of the table, and no other', () => {
    expect(readdirSync(folder).sort()).toEqual(PICTURES.map(({ name }) => name).sort());
  });

  it('every picture is shown by a document', () => {
    const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
      .filter((path) => path.endsWith('.md') && existsSync(join(root, path)))
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join('\n');
    expect(PICTURES.filter(({ name }) => !pages.includes(`pictures/${name})`))).toEqual([]);
  });
});
