/** python-tuf with its tests, which only its source package has, and the packages that they need: once, into the cache. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, say, tool } from './cache.ts';
import { Unavailable } from './outcome.ts';

const PACKAGES = join(import.meta.dirname, 'tuf-python.txt');

export interface TufSource {
  readonly version: string;
  readonly python: string;
  /** Folder of `tests` and `tuf`. */
  readonly source: string;
}

/** @throws Unavailable where Python or its packages cannot be had */
export function tufSource(): TufSource {
  const [, version = ''] = /^tuf==(.*)$/m.exec(readFileSync(PACKAGES, 'utf8')) ?? [];
  const directory = cached(`tuf-${version}`);
  const python = join(directory, 'bin/python');
  const source = join(directory, `source/tuf-${version}`);
  const stamp = join(directory, '.git-signet-built');
  if (existsSync(stamp)) return { version, python, source };
  say(`installing python-tuf ${version} and its tests into ${directory} (once) ...`);
  rmSync(directory, { recursive: true, force: true });
  tool('python3', ['-m', 'venv', directory]);
  const pip = ['-m', 'pip', '--quiet', '--no-input', '--disable-pip-version-check'];
  const wheels = ['--no-deps', '--only-binary', ':all:', '-r', PACKAGES];
  tool(python, [...pip, 'install', ...wheels]);
  mkdirSync(join(directory, 'source'));
  const packed = ['--no-deps', '--no-binary', 'tuf', '-d', join(directory, 'source')];
  tool(python, [...pip, 'download', ...packed, `tuf==${version}`]);
  const [archive] = readdirSync(join(directory, 'source'));
  if (archive === undefined) throw new Unavailable('the package of python-tuf has no source');
  tool('tar', ['-xzf', archive], { cwd: join(directory, 'source') });
  writeFileSync(stamp, '');
  return { version, python, source };
}
