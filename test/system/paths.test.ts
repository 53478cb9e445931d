import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { basename, dirname, isAbsolute, isPlain, join, resolve } from '../../src/system/paths.ts';

const PARTS = ['a', 'b.json', '', '.', '..', '...', '/', '/a', '/a/', 'a//b', 'é', ' ', '.a', 'a.'];
const PATHS = PARTS.flatMap((one) => PARTS.flatMap((two) => [`${one}/${two}`, `/${one}/${two}`]));

describe.runIf(process.platform !== 'win32')('paths without node:path', () => {
  it('the parts of a path are joined as node:path joins them', () => {
    for (const one of PATHS)
      for (const two of PARTS)
        expect([one, two, join(one, two)]).toEqual([one, two, posix.join(one, two)]);
    expect(join('/a', 'b', 'c')).toBe('/a/b/c');
  });
  it('a path is split as node:path splits it', () => {
    for (const path of [...PATHS, ...PARTS])
      expect([path, dirname(path), basename(path), isAbsolute(path)]).toEqual([
        path,
        posix.dirname(path),
        posix.basename(path),
        posix.isAbsolute(path),
      ]);
  });
  it('a relative path starts from the directory, as in node:path', () => {
    for (const cwd of ['/', '/home', '/home/', '/home/../x'])
      for (const path of [...PATHS, ...PARTS])
        expect([cwd, path, resolve(cwd, path)]).toEqual([cwd, path, posix.resolve(cwd, path)]);
  });
  it('only a normalized absolute path is plain', () => {
    const plain = ['/a', '/a/b', '/.a', '/a.', '/...', '/a/..b'];
    expect(plain.filter(isPlain)).toEqual(plain);
    expect(['', '/', 'a', '/a/', '//a', '/a//b', '/./a', '/a/..', '/..'].filter(isPlain)).toEqual(
      [],
    );
  });
});
