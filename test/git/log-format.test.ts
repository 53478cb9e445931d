import { describe, expect, it } from 'vitest';
import type { ConfigEntry } from '../../src/git/config.ts';
import { readLogArguments } from '../../src/git/log/arguments.ts';
import { logSplitter } from '../../src/git/log/blocks.ts';
import { rewriteFormat } from '../../src/git/log/placeholders.ts';
import { prettyOf } from '../../src/git/log/pretty.ts';
import { logRequest } from '../../src/git/log/request.ts';

const NUMBER = '0123456789abcdef0123456789abcdef';
const ID = 'a'.repeat(40);
const marker = (slot: number): string => `<${slot}>`;
const entry = (key: string, value: string): ConfigEntry => ({
  key,
  value,
  scope: 'global',
  origin: 'f',
});
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

describe('a format of one’s own', () => {
  it.each([
    ['%h %G? %s', '%h <0> %s'],
    ['%%G? %GS', '%%G? <0>'],
    ['%C(auto)%<(20,trunc)%C(red)%GS%s', '%C(auto)%C(red)<0>%s'],
    ['%<(5)%h%GK', '%<(5)%h<0>'],
    ['%(trailers:key=%GS)%GF', '%(trailers:key=%GS)<0>'],
    ['%x25G?%GT', '%x25G?<0>'],
    ['%GX %GP', '%GX <0>'],
  ])('%s has markers where %%G… stands', (format, text) => {
    expect(rewriteFormat(format, marker).text).toBe(text);
  });

  it('keeps what is asked of the width and the line of a placeholder', () => {
    expect(rewriteFormat('%>(9,ltrunc)%GS%+GG% GK', marker).slots).toEqual([
      { kind: 'S', width: { align: '>', columns: 9, cut: 'ltrunc' } },
      { kind: 'G', joined: '+' },
      { kind: 'K', joined: ' ' },
    ]);
  });

  it('without %G… has the mark in front, and an empty one has none', () => {
    expect(rewriteFormat('%s', marker)).toEqual({ text: '<0>%s', slots: [{ kind: 'mark' }] });
    expect(rewriteFormat('', marker)).toEqual({ text: '', slots: [] });
  });

  it('is refused if a column is asked of %G…', () => {
    expect(() => rewriteFormat('%<|(30)%GS', marker)).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
    expect(rewriteFormat('%<|(30)%s%GS', marker).text).toBe('%<|(30)%s<0>');
  });

  it('ends its marker before the line ends that git counts', () => {
    const look = readLogArguments(['--format=%h%n%n'], []);
    const { format } = logRequest(look, false, NUMBER);
    expect(format).toBe(`tformat:${NUMBER}b%H.${NUMBER}s0.%h${NUMBER}e%n%n`);
  });
});

describe('the name of a format', () => {
  const more = new Map([
    ['lg', 'format:%h %G?'],
    ['again', 'lg'],
    ['loop', 'loop'],
  ]);

  it.each([
    ['med', { kind: 'named', name: 'medium' }],
    ['o', { kind: 'named', name: 'oneline' }],
    ['ful', { kind: 'named', name: 'full' }],
    ['again', { kind: 'own', text: '%h %G?', terminated: false }],
    ['%s', { kind: 'own', text: '%s', terminated: true }],
  ])('%s is the one that git takes', (word, pretty) => {
    expect(prettyOf(word, more)).toEqual(pretty);
  });

  it.each(['raw', 'email', 'mboxrd', 'nosuch', 'loop'])('%s is refused', (word) => {
    expect(() => prettyOf(word, more)).toThrow(`--pretty=${word}`);
  });
});

describe('git log’s arguments', () => {
  it('are passed on in their order, without those that decide the look', () => {
    const words = [
      '--oneline',
      '-n',
      '5',
      '--color=always',
      '--grep',
      '--oneline',
      '-p',
      '--',
      '--format=x',
    ];
    const { passed, pretty, shortHash, colour } = readLogArguments(words, []);
    expect(passed).toEqual(['-n', '5', '--grep', '--oneline', '-p', '--', '--format=x']);
    expect([pretty, shortHash, colour]).toEqual([
      { kind: 'named', name: 'oneline' },
      true,
      'always',
    ]);
  });

  it('win over the configuration, which counts without them', () => {
    const config = [
      entry('format.pretty', 'fuller'),
      entry('log.decorate', 'full'),
      entry('color.ui', 'false'),
    ];
    expect(readLogArguments([], config)).toMatchObject({
      pretty: { name: 'fuller' },
      ...{ decorate: 'full', colour: 'never', notes: true },
    });
    expect(readLogArguments(['--pretty', '--no-decorate', '--color'], config)).toMatchObject({
      pretty: { name: 'medium' },
      ...{ decorate: 'no', colour: 'always', notes: false },
    });
  });

  it.each(['--log-size', '--children', '--output=x', '--encoding=UTF-16'])(
    '%s is refused',
    (word) => {
      expect(() => readLogArguments([word], [])).toThrow(word.split('=')[0]);
    },
  );
});

describe('the output of git log', () => {
  const text = `* ${NUMBER}b${ID}.head${NUMBER}s0.tail${NUMBER}e\nmore ${NUMBER.slice(0, 20)}\n`;

  it('is the same in pieces of any length', () => {
    for (const size of [1, 7, 31, 32, 33, 400]) {
      const splitter = logSplitter(NUMBER);
      const pieces = [];
      for (let at = 0; at < text.length; at += size)
        pieces.push(...splitter.push(bytes(text.slice(at, at + size))));
      pieces.push(...splitter.end());
      const commits = pieces.filter(({ kind }) => kind === 'commit');
      expect(commits).toEqual([{ kind: 'commit', id: ID, lead: '* ', parts: ['head', 's0.tail'] }]);
      const between = pieces.map((piece) => (piece.kind === 'text' ? piece.text : '#')).join('');
      expect(between).toBe(`* #\nmore ${NUMBER.slice(0, 20)}\n`);
    }
  });

  it('is an error if it ends within a commit, or has a marker where none is due (S10)', () => {
    const refused = expect.objectContaining({ code: 'GIT_FAILED' });
    const cut = logSplitter(NUMBER);
    cut.push(bytes(text.slice(0, 60)));
    expect(() => cut.end()).toThrow(refused);
    const odd = logSplitter(NUMBER);
    expect(() => odd.push(bytes(`${NUMBER}s0.x${NUMBER}e`))).toThrow(refused);
  });
});
