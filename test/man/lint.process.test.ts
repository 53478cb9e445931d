/** The manual pages as the programs that show them take them. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allPages } from '../../scripts/man-parts/pages.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const root = scratchDirectory('man');
const pages = await allPages({ version: '1.2.3', date: '2026-11-21' });
const pathOf = (file: string): string => join(root, `man${file.at(-1)}`, file);
for (const [file, text] of pages) {
  mkdirSync(join(root, `man${file.at(-1)}`), { recursive: true });
  writeFileSync(pathOf(file), text);
}
// git looks for a page of that name only where such a program is on PATH
writeFileSync(join(root, 'git-signet'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
const env = {
  PATH: `${root}:${process.env.PATH}`,
  HOME: root,
  MANPATH: root,
  MANWIDTH: '80',
  LC_ALL: 'C.UTF-8',
};
const run = (program: string, ...args: readonly string[]) =>
  spawnSync(program, args, { env, encoding: 'utf8' });

describe.skipIf(!haveTools('mandoc'))('mandoc', () => {
  it.each(pages.map(([file]) => file))('finds nothing amiss in %s', (file) => {
    expect(run('mandoc', '-T', 'lint', '-W', 'all', pathOf(file)).stdout).toBe('');
  });

  it('would say so: a macro that does not exist is found', () => {
    const path = join(root, 'broken.1');
    writeFileSync(path, '.TH X 1 2026-11-21\n.SH NAME\nx \\- y\n.NOSUCH\n');
    expect(run('mandoc', '-T', 'lint', '-W', 'all', path).stdout).toContain('NOSUCH');
  });
});

describe.skipIf(!haveTools('man'))('man', () => {
  it('shows every page without a warning', () => {
    for (const [file] of pages) {
      const { stderr, stdout } = run('man', '--warnings', '-l', pathOf(file));
      expect(stderr, file).toBe('');
      expect(stdout).toContain('git-signet');
    }
  });

  it('git help signet finds the page of the program', () => {
    const { status, stdout } = run('git', '-c', 'help.format=man', 'help', 'signet');
    expect(status).toBe(0);
    expect(stdout).toContain('sign git commits and tags with a login');
  });
});
