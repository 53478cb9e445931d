import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COPIED, sumRows, withCopies, withRows } from '../../scripts/packaging/action-sums.ts';
import { StepError } from '../../scripts/packaging/step.ts';
import { archiveName, sourceArchiveName, TARGETS } from '../../scripts/packaging/targets.ts';
import { ROOT } from '../support/ci-steps.ts';

const SUM = 'a'.repeat(64);
const files = [
  ...TARGETS.map((target) => archiveName('1.2.3', target)),
  sourceArchiveName('1.2.3'),
];
const sums = files.map((file) => `${SUM}  ${file}\n`).join('');

describe('sumRows', () => {
  it('makes a row for each platform, and for nothing else', () => {
    const rows = sumRows(sums, '1.2.3');
    expect(rows).toHaveLength(TARGETS.length);
    expect(rows[0]).toBe(`${SUM} 1.2.3 linux-x64 git-signet-1.2.3-linux-x64.tar.gz`);
    expect(rows.at(-1)).toBe(`${SUM} 1.2.3 windows-x64 git-signet-1.2.3-windows-x64.zip`);
  });

  it.each([
    ['another version', sums, '1.2.4'],
    ['a platform that is missing', sums.replace(/^.*darwin-arm64.*\n/m, ''), '1.2.3'],
    [
      'a sum that is cut',
      sums.replace(`${SUM}  git-signet-1.2.3-linux-x64.tar`, (line) => line.slice(1)),
      '1.2.3',
    ],
  ])('refuses sums of %s', (_, text, version) => {
    expect(() => sumRows(text, version)).toThrow(StepError);
  });
});

describe('withRows', () => {
  it('keeps the comment and replaces the rows of an older release', () => {
    const table = withRows('# about\n# the table\n', ['one', 'two']);
    expect(table).toBe('# about\n# the table\none\ntwo\n');
    expect(withRows(table, ['three'])).toBe('# about\n# the table\nthree\n');
  });
});

describe('withCopies', () => {
  const component = readFileSync(join(ROOT, 'templates/gate.yml'), 'utf8');

  it('the component holds the scripts and the table as they stand', () => {
    const now = new Map(COPIED.map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]));
    expect(withCopies(component, now)).toBe(component);
  });

  it('writes what it is given, with marks that sed would obey', () => {
    const written = withCopies(component, new Map([['ci/fetch', 'a $& $1\n\n  b\n']]));
    expect(written).toContain(
      "<<'end of ci/fetch'\n      a $& $1\n\n        b\n      end of ci/fetch\n",
    );
    expect(written).toContain("<<'end of ci/gate'");
  });

  it('throws where there is no place for a file', () => {
    expect(() => withCopies(component, new Map([['ci/other', '']]))).toThrow(/no place/);
  });
});
