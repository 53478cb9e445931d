import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../src/system/shell.ts';
import { reasonOf, systemReason } from '../../src/system/system-error.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('the reason of an error', () => {
  it('names a missing file in words, and its path not again', () => {
    const error = thrownBy(() => readFileSync('/no/such/file'));
    expect(reasonOf(error)).toBe('there is no such file (ENOENT)');
    expect(reasonOf(thrownBy(() => readFileSync('/')))).toBe('it is a directory (EISDIR)');
    expect(reasonOf(new Error('another'))).toBe('another');
    expect(systemReason(new Error('another'))).toBe('');
  });
});

describe('a word for a shell', () => {
  it.each([
    ['HEAD@{1}', 'HEAD@{1}'],
    ['a b', "'a b'"],
    ['~/x', "'~/x'"],
    ["it's", "'it'\\''s'"],
    ['$(x)', "'$(x)'"],
    ['', "''"],
  ])('%j is one word', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });
});
