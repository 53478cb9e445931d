/** One verification that any built program can be asked for: a commit of the test vectors, judged offline. */

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { splitSignedObject } from '../../src/core/git/signed-object.ts';

const VECTOR = 'test/vectors/gitsign';

export interface Sample {
  readonly args: readonly string[];
  /** What was signed, for stdin. */
  readonly input: Uint8Array;
  /** Trust of its own, and no home but the directory. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Writes the sample's files into a directory, which the program sees under the path `seenAs`. */
export function writeSample(directory: string, seenAs = directory): Sample {
  const commit = readFileSync(`${VECTOR}/offline/01-plain.commit`);
  const split = splitSignedObject('commit', commit, 'sha1');
  if (split === undefined) throw new Error(`${VECTOR}: the commit is not signed`);
  writeFileSync(join(directory, 'signature'), split.signature);
  copyFileSync(`${VECTOR}/trust/trusted_root.json`, join(directory, 'trusted_root.json'));
  return {
    args: ['--status-fd=1', '--verify', `${seenAs}/signature`, '-'],
    input: split.payload,
    env: {
      PATH: process.env.PATH,
      HOME: seenAs,
      SIGNET_TRUST: `${seenAs}/trusted_root.json`,
    },
  };
}
