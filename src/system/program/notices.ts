/** Reads the licences of the software in this program, from inside the executable or beside the Node bundle. */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import { bunRuntime } from '../bun.ts';

const NAME = 'THIRD-PARTY-NOTICES.txt';

/**
 * Returns the text of THIRD-PARTY-NOTICES.txt. `entry` is the file that this process started from.
 * @throws ConfigError if the file is not there
 */
export async function readNotices(entry: string): Promise<string> {
  const file = bunRuntime()?.embeddedFiles?.find(({ name }) =>
    name.includes('THIRD-PARTY-NOTICES'),
  );
  if (file !== undefined) return file.text();
  // dist/node/git-signet.cjs: the build puts the notices into dist
  const path = join(dirname(entry), '..', NAME);
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ConfigError(`the third-party notices are not at ${path}`, {
      hint: 'install git-signet again, or build it: scripts/build',
    });
  }
}
