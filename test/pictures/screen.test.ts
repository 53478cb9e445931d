import { describe, expect, it } from 'vitest';
import { screenOf } from '../../scripts/picture-parts/screen.ts';

const textsOf = (output: string, columns = 20): readonly string[] =>
  screenOf(output, columns).map((row) => row.map(({ text }) => text).join(''));

describe('the screen of a picture', () => {
  it('shows lines as a terminal breaks them', () => {
    expect(textsOf('ab\r\n\r\ncd\r\n')).toEqual(['ab', '', 'cd']);
    expect(textsOf('abcdef\r\ng', 4)).toEqual(['abcd', 'ef', 'g']);
    // a line that fills the screen breaks once
    expect(textsOf('abcd\r\ng', 4)).toEqual(['abcd', 'g']);
  });

  it('shows no progress line that was erased', () => {
    expect(textsOf('\rworking …\x1b[K\r\x1b[Kdone\r\n')).toEqual(['done']);
    expect(textsOf('half\x1b[2K\rrest')).toEqual(['rest']);
  });

  it('keeps styles together, and ends them where the program does', () => {
    expect(screenOf('\x1b[1m\x1b[31mno\x1b[22m!\x1b[39m.\x1b[0m', 20)).toEqual([
      [
        { text: 'no', style: 'bold red' },
        { text: '!', style: 'red' },
        { text: '.', style: '' },
      ],
    ]);
  });

  it.each(['\x1b[2J', '\x1b[38;5;9m', '\x1b]0;title\x07', '\t'])(
    '%j, which it does not know, makes no picture',
    (output) => {
      expect(() => screenOf(output, 20)).toThrow(/picture has no|not a function/);
    },
  );
});
