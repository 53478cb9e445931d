/**
 * Writes src/io/public-good.ts from the seeds of @sigstore/tuf: the trusted root of the public-good instance, as
 * of the pinned version of that package. Run after that version changes; a test compares the two.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Seeds {
  readonly [mirror: string]: { readonly targets: Readonly<Record<string, string>> };
}

/** The trusted_root.json of the seeds, on one line. */
export function seededTrustedRoot(): string {
  const seeds = new URL('../node_modules/@sigstore/tuf/seeds.json', import.meta.url);
  const { 'https://tuf-repo-cdn.sigstore.dev': mirror } = JSON.parse(
    readFileSync(seeds, 'utf8'),
  ) as Seeds;
  const encoded = mirror?.targets['trusted_root.json'];
  if (encoded === undefined) throw new Error('no trusted_root.json in the seeds');
  return JSON.stringify(JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
}

/** The module's text. */
export function publicGoodModule(): string {
  return `/** The public-good instance's trusted root. Written by scripts/embed-trust.ts; not edited by hand. */
export const PUBLIC_GOOD_TRUSTED_ROOT =
  // biome-ignore format: one line, as it is hashed
  '${seededTrustedRoot()}';
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../src/io/public-good.ts', import.meta.url), publicGoodModule());
}
