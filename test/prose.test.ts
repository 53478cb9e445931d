/** The documents are written in plain English, as far as a program can tell. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chainsIn, longIn, riddlesIn } from './support/prose.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The questions about the tree stay as they were drawn. */
const documents = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((path) => !path.startsWith('test/') && path !== 'docs/where-is.md')
  .map((path) => ({ path, text: readFileSync(root + path, 'utf8') }));

describe('the documents', () => {
  it.each(documents)('$path names the actor of each sentence', ({ text }) => {
    expect(riddlesIn(text)).toEqual([]);
  });

  it.each(documents)('$path chains no sentences with semicolons', ({ text }) => {
    expect(chainsIn(text)).toEqual([]);
  });

  it.each(documents)('$path has no sentence of more than 40 words', ({ text }) => {
    expect(longIn(text)).toEqual([]);
  });

  it('a riddle, a chain and a long sentence are seen, and code is left alone', () => {
    expect(riddlesIn('Whoever is here signs. `nobody` is a name.')).toEqual([
      'Whoever: Whoever is here signs.',
    ]);
    expect(chainsIn('It signs; it verifies.\n\n```\na; b\n```\n| a; b | c |\n')).toEqual([
      'It signs; it verifies.',
    ]);
    expect(longIn(`${'word '.repeat(41)}end.`)).toHaveLength(1);
    expect(longIn('One idea a sentence. Then the next.')).toEqual([]);
  });
});
