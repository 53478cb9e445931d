/** What the user's locale can show. */

import type { Environment } from './environment.ts';

/**
 * Returns true if text outside ASCII is shown as it is meant: the locale's characters are UTF-8 (POSIX.1-2017, 8.2: the
 * first of LC_ALL, LC_CTYPE and LANG that is not empty decides). Windows has no such variables, and git's terminal there
 * is UTF-8.
 */
export function showsUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale === '' ? platform === 'win32' : /utf-?8/i.test(locale);
}
