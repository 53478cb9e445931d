/** A file of the release as others know it: by its sum and by where it is downloaded. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from './step.ts';

/** SHA-256 of a file's bytes, lower-case hex. */
export const sha256Of = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

/** SHA-256 of a released file by its path below the release's folder. */
export const releasedSum = ({ out }: Pick<Release, 'out'>, file: string): string =>
  sha256Of(join(out, file));

/** Where a forge serves a released file: GitHub's layout, which Forgejo and Gitea share. */
export const downloadAddress = (
  { repository, version }: Pick<Release, 'repository' | 'version'>,
  file: string,
): string => `${repository}/releases/download/v${version}/${file}`;

/** The files of a SHA256SUMS text with their sums, in its order. @throws Error for a line of another form, or a file twice */
export function readSums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, sum, file] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum === undefined || file === undefined) throw new Error(`SHA256SUMS: what is ${line}?`);
    if (sums.has(file)) throw new Error(`SHA256SUMS lists ${file} twice`);
    sums.set(file, sum);
  }
  return sums;
}
