/** The step that signs where a release comes from, after SHA256SUMS is written. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSums, releasedSum } from './released-file.ts';
import { signStatement } from './sign-statement.ts';
import { statement } from './statement.ts';
import type { Release } from './step.ts';

export const SUMS = 'SHA256SUMS';

/** File name of the bundle. */
export const provenanceName = (version: string): string =>
  `git-signet-${version}.provenance.sigstore.json`;

/** Every file that the provenance is about, with its sum: those of SHA256SUMS, and SHA256SUMS itself. */
export function provedFiles(release: Pick<Release, 'out'>): ReadonlyMap<string, string> {
  const sums = readSums(readFileSync(join(release.out, SUMS), 'utf8'));
  return new Map([...sums, [SUMS, releasedSum(release, SUMS)]]);
}

/** Signs with the login of this environment. A dry run runs inside a sandbox, so nothing is published there. */
export async function provenance(release: Release): Promise<readonly string[]> {
  const said = statement(release, provedFiles(release), process.env);
  const made = join(release.out, provenanceName(release.version));
  writeFileSync(made, await signStatement(Buffer.from(JSON.stringify(said)), process.env));
  return [made];
}
