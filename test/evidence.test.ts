/** The digest of the checks changes with each source that a proof of the store depends on. */

import { expect, it } from 'vitest';
import { evidenceDigest } from '../scripts/build-parts/evidence.ts';
import { readSources } from '../scripts/imports.ts';

const sources = readSources('.', 'src');
const changed = (path: string): string => {
  const text = sources.get(path) ?? '';
  return evidenceDigest(new Map([...sources, [path, `${text}\n`]]));
};

it.each([
  'src/core/verify.ts',
  'src/core/trust/trusted-root.ts',
  'src/core/trust/key-files.ts',
  'src/gate/judge.ts',
  'src/store/page.ts',
])('proofs of an older build do not count after a change of %s (H5)', (path) => {
  expect(sources.has(path)).toBe(true);
  expect(changed(path)).not.toBe(evidenceDigest(sources));
});

it('proofs count on after a change of a report', () => {
  expect(changed('src/report/html.ts')).toBe(evidenceDigest(sources));
});

it('a build fails if a source of the checks was moved and its new path was not named (H5)', () => {
  const moved = new Map(sources);
  moved.delete('src/gate/proofs/proof-of.ts');
  expect(() => evidenceDigest(moved)).toThrow('src/gate/proofs/proof-of.ts');
});
