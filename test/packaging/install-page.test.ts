/** docs/install.md names the files that a release makes, and says of each way who tries it. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageName } from '../../scripts/packaging/deb-rpm.ts';
import { archiveName, TARGETS } from '../../scripts/packaging/targets.ts';
import { namedBlocks } from '../../scripts/packaging/try-installing.ts';

const page = readFileSync('docs/install.md', 'utf8');
const x64 = TARGETS.find(({ name }) => name === 'linux-x64')!;

describe('docs/install.md', () => {
  it('the page uses the names of the released files', () => {
    const blocks = namedBlocks(page);
    expect(blocks.get('archive')).toContain(` ${archiveName('$VERSION', x64)}\n`);
    expect(blocks.get('deb')).toContain(` ./${packageName('deb', `$\{VERSION}`, x64)}\n`);
    expect(page).toContain(` ./${packageName('rpm', '$VERSION', x64)} `);
    for (const { name } of TARGETS) expect(page).toContain(`\`${name}\``);
  });

  it('every way that the page describes has a row that says what tries it', () => {
    const rows = [...page.matchAll(/^\| ([^|]+?) +\|.*\|.*(?:tried|every release).*\|$/gm)];
    expect(rows.map(([, way]) => way)).toEqual([
      'archive',
      '`.deb`',
      '`.rpm`',
      'Homebrew',
      'npm',
      'container',
      'mise',
    ]);
  });
});

describe('namedBlocks', () => {
  it('only blocks of shell commands with a name are tried', () => {
    const text = '```sh one\na\nb\n```\n```sh\nc\n```\n```yaml two\nd\n```\n';
    expect([...namedBlocks(text)]).toEqual([['one', 'a\nb\n']]);
  });
});
