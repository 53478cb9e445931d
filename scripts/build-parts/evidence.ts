/** The digest of the checks, by which the proof store knows what an older build has proved (docs/store.md). */

import { createHash } from 'node:crypto';
import { type Sources, staticClosure } from '../imports.ts';

/** What decides verdicts on evidence, and what the store keeps of them. */
const EVIDENCE = [
  ...['src/core/verify.ts', 'src/system/crypto.ts', 'src/system/crypto-bun.ts'],
  // the scope of a proof names the text of a trust root, and not how a build reads it
  ...['src/core/trust/trusted-root.ts', 'src/core/trust/key-files.ts'],
  ...['src/store/proofs.ts', 'src/gate/proofs/proof-of.ts', 'src/git/range-commits.ts'],
  'src/store/ranges.ts',
];
/** The same, without what it loads: that file also writes reports. */
const ALONE = 'src/gate/judge.ts';

/**
 * Changes with every source that reaches or keeps verdicts on evidence, so that a mended fault does not stay good.
 * @throws Error if one of the named files was moved
 */
export function evidenceDigest(sources: Sources): string {
  const gone = [...EVIDENCE, ALONE].filter((path) => !sources.has(path));
  if (gone.length > 0) throw new Error(`the digest of the checks needs ${gone.join(', ')}`);
  const loaded = EVIDENCE.flatMap((entry) => [...staticClosure(sources, entry)]);
  const paths = new Set([...loaded, ALONE]);
  const hash = createHash('sha256');
  for (const [path, text] of sources) if (paths.has(path)) hash.update(`${path}\0${text}\0`);
  return hash.digest('hex');
}
