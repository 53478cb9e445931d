/** Finds out whether a version tag was made on top of a later version. */

import { UsageError } from '../errors.ts';
import { GIT_READS, gitSaid, runGit } from './process.ts';
import type { GitRepository } from './repository.ts';

interface Version {
  readonly prefix: string;
  readonly numbers: readonly number[];
}

/** Splits `v1.10.2` into prefix and numbers. Returns undefined for a name that is no plain version. */
function versionOf(name: string): Version | undefined {
  const match = /^(.*?)(\d{1,9}(?:\.\d{1,9})*)$/s.exec(name);
  const [, prefix, numbers] = match ?? [];
  if (prefix === undefined || numbers === undefined) return undefined;
  return { prefix, numbers: numbers.split('.').map(Number) };
}

/** Returns true if `a` is a later version than `b`. */
function isLater(a: Version, b: Version): boolean {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/**
 * Returns a tag with a later version of the same name, on the commit or among its ancestors, or undefined if there is none.
 * @throws UsageError GIT_FAILED
 */
export async function newerTagBelow(
  repository: GitRepository,
  name: string,
  commit: string,
): Promise<string | undefined> {
  const own = versionOf(name);
  if (own === undefined) return undefined;
  const args = ['for-each-ref', `--merged=${commit}`, '--format=%(refname:lstrip=2)', 'refs/tags'];
  const { exitCode, stdout, stderr } = await runGit(repository, [...GIT_READS, ...args]);
  if (exitCode !== 0) {
    throw new UsageError(`git: ${gitSaid(stderr, 'for-each-ref failed')}`, { code: 'GIT_FAILED' });
  }
  const names = Buffer.from(stdout).toString('utf8').split('\n');
  return names.find((each) => {
    const version = versionOf(each);
    return version?.prefix === own.prefix && isLater(version, own);
  });
}
