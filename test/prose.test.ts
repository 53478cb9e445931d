/** The documents are written in plain English, as far as a program can tell. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { assertedProse } from './support/asserted-prose.ts';
import { commentsIn, messagesIn, type Said, testNamesIn } from './support/code-prose.ts';
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

const tracked = (...paths: readonly string[]) =>
  execFileSync('git', ['ls-files', ...paths], { cwd: root, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((path) => ({ path, code: readFileSync(root + path, 'utf8') }));
const faultsIn = (said: readonly Said[]): readonly string[] =>
  said.flatMap(({ text, line }) =>
    [...riddlesIn(text), ...chainsIn(text.replace(/^; /, ''))].map(
      (fault) => `line ${line}: ${fault}`,
    ),
  );

describe('the code', () => {
  it.each(tracked('src/*.ts'))(
    'comments and messages of $path name the actor and chain no sentences',
    ({ code }) => {
      expect(faultsIn([...commentsIn(code), ...messagesIn(code)])).toEqual([]);
    },
  );

  it.each(tracked('test/*.test.ts').filter(({ path }) => path !== 'test/prose.test.ts'))(
    'names of tests in $path name the actor, with threat ids at the end',
    ({ code }) => {
      const names = testNamesIn(code);
      expect(names.length).toBeGreaterThan(0);
      expect(faultsIn(names)).toEqual([]);
      expect(names.filter(({ text }) => /^[A-Z]\d+ /.test(text))).toEqual([]);
    },
  );

  it('no row of a table of tests begins with a threat id', () => {
    const rows = tracked('test/*.ts')
      .filter(({ path }) => path !== 'test/prose.test.ts')
      .flatMap(({ path, code }) =>
        [...code.matchAll(/^\s*(?:\[|\w+\()?\s*['`](?:[A-Z]\d{1,2} )+(?=[a-z]).*/gm)].map(
          ([row]) => `${path}: ${row.trim()}`,
        ),
      );
    expect(rows).toEqual([]);
  });

  it('comments of tests and scripts name the actor', () => {
    const riddles = tracked('test/*.ts', 'scripts/*.ts').flatMap(({ path, code }) =>
      commentsIn(code).flatMap(({ text, line }) =>
        riddlesIn(text).map((riddle) => `${path}:${line}: ${riddle}`),
      ),
    );
    expect(riddles).toEqual([]);
  });

  it('comments, messages and names of tests are found, and code is left alone', () => {
    const code = [
      '/** Whoever comes. */',
      `const message = \`nobody has \${nested({ a: \`one inner text\` })} here; git waits\`; // he waits`,
      "const pattern = /nobody is here; '/;",
      "it.each([1])('P07 a name for everybody', () => {});",
    ].join('\n');
    expect(commentsIn(code).map(({ text }) => text.trim())).toEqual(['Whoever comes.', 'he waits']);
    expect(messagesIn(code)).toEqual([
      { text: 'one inner text', line: 2 },
      { text: 'nobody has … here; git waits', line: 2 },
      { text: 'P07 a name for everybody', line: 4 },
    ]);
    expect(testNamesIn(code)).toEqual([{ text: 'P07 a name for everybody', line: 4 }]);
    expect(faultsIn(messagesIn(code))).toHaveLength(3);
  });
});

/**
 * Tests below the scenarios that assert sentences, and how many: tests of the function that writes the sentence, answers that
 * repeat what a real server says, and tables of refusals that share a code and that only the sentence tells apart. The numbers only go down.
 */
const SENTENCES: ReadonlyMap<string, number> = new Map([
  ['test/core/git/split-differential.process.test.ts', 1],
  ['test/gate/policy/file.process.test.ts', 1],
  ['test/gate/pool.test.ts', 3],
  ['test/gpgsm/arguments.test.ts', 1],
  ['test/http/network.process.test.ts', 1],
  ['test/login/browser/opener.process.test.ts', 2],
  ['test/login/ci.process.test.ts', 6],
  ['test/login/device/device.test.ts', 1],
  ['test/login/login.process.test.ts', 1],
  ['test/sandbox/fulcio/fulcio.test.ts', 2],
  ['test/settings/load.process.test.ts', 2],
  ['test/trust/load.test.ts', 1],
  ['test/trust/mirror-refresh.test.ts', 4],
  ['test/trust/root-kept.test.ts', 1],
]);
/** Stories assert what a person reads. Reports and the help are sentences. Scripts have no codes. */
const ANY_SENTENCE = /^test\/(?:scenario|peers|stack|report|cli|packaging|pictures|suites|prose)\b/;

describe('the sentences of errors', () => {
  it('are asserted in scenarios and where they are written, and codes everywhere else', () => {
    const counts = tracked('test/*.test.ts')
      .filter(({ path }) => !ANY_SENTENCE.test(path))
      .map(({ path, code }) => [path, assertedProse(code)] as const)
      .filter(([path, count]) => count > (SENTENCES.get(path) ?? 0));
    expect(counts).toEqual([]);
  });

  it('are found in each form, and codes and names are left alone', () => {
    const prose = [
      "expect(f).toThrow('no such file');",
      'expect(f).rejects.toThrow(/^no such .*file/);',
      'expect(f).toThrow(says);',
      'expect(error.message).toMatch(/no such file/);',
      "expect(e).toMatchObject({ message: expect.stringContaining('no such file') });",
      "expect(f).toThrow(expect.objectContaining({ message: 'no such file' }));",
    ];
    expect(prose.map(assertedProse)).toEqual([1, 1, 1, 1, 1, 1]);
    const codes = [
      "expect(f).toThrow(expect.objectContaining({ code: 'CONFIG' }));",
      'expect(f).toThrow(ConfigError);',
      'expect(f).toThrow(host);',
      "expect(error.message).toContain('rekor.example.test');",
      "const input = { message: 'no such file' };",
    ];
    expect(codes.map(assertedProse)).toEqual([0, 0, 0, 0, 0]);
  });
});
