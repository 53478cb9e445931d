import { describe, expect, it } from 'vitest';
import { downloadAddress, readSums } from '../../scripts/packaging/released-file.ts';

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];

describe('readSums', () => {
  it('both forms of sha256sum are read, and names may hold spaces and folders', () => {
    expect([...readSums(`${a}  one file\n${b} *npm/two\n`)]).toEqual([
      ['one file', a],
      ['npm/two', b],
    ]);
  });

  it.each([
    ['a line without a name', `${a}\n`, 'what is'],
    ['a short sum', `${a.slice(1)}  one\n`, 'what is'],
    ['a sum in capitals', `${a.toUpperCase()}  one\n`, 'what is'],
    ['a file that stands there twice', `${a}  one\n${b}  one\n`, 'lists one twice'],
  ])('%s is refused', (_, text, why) => {
    expect(() => readSums(text)).toThrow(why);
  });
});

describe('downloadAddress', () => {
  it('a file is below the tag’s release', () => {
    const release = { repository: 'https://forge.example/acme/git-signet', version: '1.2.3' };
    expect(downloadAddress(release, 'a.tar.gz')).toBe(
      'https://forge.example/acme/git-signet/releases/download/v1.2.3/a.tar.gz',
    );
  });
});
