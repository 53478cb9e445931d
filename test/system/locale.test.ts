import { describe, expect, it } from 'vitest';
import { showsUnicode } from '../../src/system/locale.ts';

describe('showsUnicode', () => {
  it.each([
    [{ LANG: 'de_DE.UTF-8' }, true],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LC_CTYPE: 'C.utf8', LANG: 'C' }, true],
    [{ LC_ALL: 'C', LC_CTYPE: 'C.UTF-8', LANG: 'C.UTF-8' }, false],
    [{ LC_ALL: '', LANG: 'en_GB.UTF-8' }, true],
    [{}, false],
  ])('the locale of %j decides if marks are more than ASCII', (env, shown) => {
    expect(showsUnicode(env, 'linux')).toBe(shown);
  });

  it('Windows names no locale in its environment, and shows UTF-8', () => {
    expect(showsUnicode({}, 'win32')).toBe(true);
  });
});
