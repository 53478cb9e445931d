import { describe, expect, it } from 'vitest';
import { painter, wantsColour } from '../../src/system/colour.ts';
import { cutTo, displayWidth, padded, wrapLine, writePage } from '../../src/system/layout.ts';

describe('the width of a line', () => {
  it.each([
    ['plain', 5],
    ['名前', 4],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['👍', 2],
    ['a\u200bb', 2],
    ['\x1b[32mok\x1b[0m', 2],
    ['\x1b]8;;https://example.test\x07link\x1b]8;;\x07', 4],
    ['→ – ✓', 5],
  ])('of %j is counted as a terminal counts it', (text, width) => {
    expect(displayWidth(text)).toBe(width);
    expect(displayWidth(padded(text, 10))).toBe(10);
  });

  it('a cut line takes no more columns than there are', () => {
    expect(cutTo('0123456789', 10)).toBe('0123456789');
    expect(cutTo('0123456789', 9)).toBe('01234567…');
    expect(displayWidth(cutTo('名前名前名前', 6))).toBe(5);
  });
});

describe('a long line', () => {
  it('goes on below its last cell', () => {
    expect(wrapLine('warn  trust  it is old, and nobody has renewed it', 30)).toBe(
      'warn  trust  it is old, and\n             nobody has\n             renewed it',
    );
  });

  it('goes on by two blanks further in if it has no cells', () => {
    expect(wrapLine('  one two three four', 12)).toBe('  one two\n    three\n    four');
  });

  it('breaks no word, and keeps a word that is longer than the line', () => {
    const address = `https://example.test/${'x'.repeat(40)}`;
    expect(wrapLine(`see ${address} for more`, 30)).toBe(`see\n  ${address}\n  for more`);
  });

  it('counts wide characters and colours', () => {
    expect(wrapLine('\x1b[31m名前 名前\x1b[0m 名前', 9)).toBe('\x1b[31m名前 名前\x1b[0m\n  名前');
  });

  it('is wrapped on a terminal, and stays as it is in a pipe', () => {
    const written: string[] = [];
    const write = (text: string) => void written.push(text);
    writePage({ write, columns: 10 }, 'one two three\nfour\n');
    writePage({ write }, 'one two three\nfour\n');
    expect(written).toEqual(['one two\n  three\nfour\n', 'one two three\nfour\n']);
  });
});

describe('colour', () => {
  it.each<[string, Record<string, string>, boolean, string | undefined, boolean]>([
    ['on a terminal', {}, true, undefined, true],
    ['not in a pipe', {}, false, undefined, false],
    ['not with NO_COLOR', { NO_COLOR: '1' }, true, 'always', false],
    ['with an empty NO_COLOR', { NO_COLOR: '' }, true, undefined, true],
    ['not with CLICOLOR=0', { CLICOLOR: '0' }, true, 'auto', false],
    ['in a pipe with CLICOLOR_FORCE', { CLICOLOR_FORCE: '1' }, false, 'false', true],
    [
      'not with CLICOLOR_FORCE and NO_COLOR',
      { CLICOLOR_FORCE: '1', NO_COLOR: '1' },
      true,
      undefined,
      false,
    ],
    ['not with TERM=dumb', { TERM: 'dumb' }, true, undefined, false],
    ['not with color.ui=false', {}, true, 'false', false],
    ['not with color.ui=never', {}, true, 'Never', false],
    ['in a pipe with color.ui=always', {}, false, 'always', true],
    ['not in a pipe with color.ui=true', {}, false, 'true', false],
  ])('is shown %s', (_, env, seen, ui, shown) => {
    expect(wantsColour({ env, seen, ui })).toBe(shown);
  });

  it('changes no word', () => {
    expect(painter(false)('bad', 'fail')).toBe('fail');
    expect(painter(true)('bad', 'fail')).toBe('\x1b[31mfail\x1b[0m');
  });
});
