/** What scripts/suites makes of other projects' tests: nothing that fails, is missing or is left out counts as good. */

import { describe, expect, it } from 'vitest';
import { adaptLibrary, adaptScript } from '../scripts/suite-parts/git-adapt.ts';
import { compare, type TestResult } from '../scripts/suite-parts/outcome.ts';
import { readTap } from '../scripts/suite-parts/tap.ts';

const one = (name: string, state: TestResult['state']): TestResult => ({
  file: 'a.sh',
  name,
  state,
  log: 'no key',
});
const known = (name: string) => ({ file: 'a.sh', name, reason: 'because', says: 'no key' });

describe('the list of expected failures', () => {
  it('takes a failure that it names, and counts it apart', () => {
    expect(compare([one('x', 'passed'), one('y', 'failed')], [known('y')])).toEqual({
      passed: 1,
      skipped: 0,
      known: [known('y')],
      surprises: [],
    });
  });

  it.each<[string, readonly TestResult[], readonly string[]]>([
    ['a failure that it does not name', [one('x', 'failed')], ['failed: a.sh: x']],
    ['a test of it that passes', [one('y', 'passed')], ['expected to fail, but passed: a.sh: y']],
    [
      'a test of it that is left out',
      [one('y', 'skipped')],
      ['expected to fail, but skipped: a.sh: y'],
    ],
    ['a test of it that is not there', [], ['expected to fail, but not run: a.sh: y']],
    [
      'a test of it that fails in another way',
      [{ ...one('y', 'failed'), log: 'no memory' }],
      ['failed in another way: a.sh: y'],
    ],
    [
      'a failure of the same name in another file',
      [{ file: 'b.sh', name: 'y', state: 'failed' }],
      ['failed: b.sh: y', 'expected to fail, but not run: a.sh: y'],
    ],
  ])('fails for %s', (name, results, surprises) => {
    const list = name.startsWith('a failure that') ? [] : [known('y')];
    expect(compare(results, list).surprises).toEqual(surprises);
  });
});

describe("the output of git's tests", () => {
  const states = (text: string) => readTap('a.sh', text).map(({ name, state }) => [name, state]);

  it('is read to its plan', () => {
    const text = 'ok 1 - one\nnot ok 2 - two\nok 3 # skip three (missing GPGSM)\n1..3\n';
    expect(states(text)).toEqual([
      ['one', 'passed'],
      ['two', 'failed'],
      ['three', 'skipped'],
    ]);
    expect(readTap('a.sh', text)[2]?.why).toBe('missing GPGSM');
  });

  it.each([
    ['ends before its plan', 'ok 1 - one\n'],
    ['holds fewer tests than its plan', 'ok 1 - one\n1..2\n'],
    ['is empty', ''],
  ])('is a failure where it %s', (_name, text) => {
    expect(states(text)).toContainEqual(['runs to its end', 'failed']);
  });

  it('says why all of a script was left out', () => {
    expect(readTap('a.sh', '1..0 # SKIP no gpg\n')).toEqual([
      { file: 'a.sh', name: 'all', state: 'skipped', why: 'no gpg' },
    ]);
  });
});

describe("the rules for git's tests", () => {
  const script = (name: string, body: string): string =>
    `test_expect_success ${name} 'a test' '\n\t${body}\n'\n`;
  const both = script('GPGSM', 'grep "Good signature from" a && grep "BAD signature from" a');

  it('change tests that need gpgsm, and no others', () => {
    const gpg = script('GPG', 'grep "Good signature from" actual');
    const changed = adaptScript('t7030-verify-tag.sh', both + gpg);
    expect(changed).toContain('git-signet: good signature by committer@example.com');
    expect(changed.endsWith(gpg)).toBe(true);
  });

  it('a rule that finds nothing is an error, for the suite has changed', () => {
    const half = script('GPGSM', 'grep "Good signature from" actual');
    expect(() => adaptScript('t7030-verify-tag.sh', half)).toThrow(/nothing is like .*BAD/);
  });

  it('the library without the prerequisite that they replace is an error', () => {
    const library = "test_lazy_prereq GPGSM '\n\tgpgsm --version\n'\n";
    expect(adaptLibrary(library, false)).not.toContain('gpgsm --version');
    expect(() => adaptLibrary('# nothing\n', false)).toThrow('no prerequisite GPGSM');
    expect(() => adaptLibrary(library, true)).toThrow('no prerequisite GPG');
  });
});
