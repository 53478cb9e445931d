/** The good objects that the campaign changes: gitsign's own, and merges that a forge signed (make-merges.ts). */

import { readdirSync, readFileSync } from 'node:fs';
import { createEvidenceCache } from '../../src/core/evidence-cache.ts';
import type { ObjectFormat } from '../../src/core/git/signed-object.ts';
import { objectId } from '../../src/core/git/signed-object.ts';
import type { TransparencyLogEntry } from '../../src/core/rekor/log-entry.ts';
import { parseTrustedRoot } from '../../src/core/trust/trusted-root.ts';
import type { Verified } from '../../src/core/verdict.ts';
import { type VerifyContext, verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { contextOf, vectors } from '../../test/support/gitsign-vectors.ts';
import {
  type GitReading,
  type GitType,
  type Handed,
  handedToProgram,
  readAsGit,
} from './git-model.ts';

/** A good object, and what git reads of it. */
export interface Sample {
  readonly name: string;
  readonly type: GitType;
  readonly format: ObjectFormat;
  readonly raw: Uint8Array;
  readonly found: TransparencyLogEntry | undefined;
  readonly context: VerifyContext;
  readonly verdict: Verified;
  readonly reading: GitReading;
  readonly handed: Handed;
}

export const hexDigitsOf = (format: ObjectFormat): 40 | 64 => (format === 'sha1' ? 40 : 64);

type Unjudged = Omit<Sample, 'verdict' | 'reading' | 'handed'>;

const MERGES = new URL('../../test/vectors/merges/', import.meta.url);

function merges(): readonly Unjudged[] {
  const root = readFileSync(new URL('trusted_root.json', MERGES), 'utf8');
  const trust = parseTrustedRoot(root, 'trusted_root.json', nodeCrypto);
  const context = {
    ...{ crypto: nodeCrypto, trust, now: 1_800_003_600, cache: createEvidenceCache() },
  };
  const files = readdirSync(MERGES).filter((name) => /\.(?:commit|tag)$/.test(name));
  return files.map((name) => ({
    ...{ name: `merges/${name}`, type: name.endsWith('.tag') ? 'tag' : 'commit', format: 'sha1' },
    ...{ raw: readFileSync(new URL(name, MERGES)), found: undefined, context },
  }));
}

async function judged(sample: Unjudged): Promise<Sample | undefined> {
  const { name, type, raw, format, context, found } = sample;
  const id = objectId(nodeCrypto, type, raw, format);
  const verdict = await verifyObject({ type, id, raw, format }, context, found);
  if (verdict.status !== 'verified') return undefined;
  const reading = readAsGit(type, raw, hexDigitsOf(format));
  const handed = handedToProgram(type, raw, hexDigitsOf(format));
  if (reading === undefined || handed === undefined) throw new Error(`git cannot read ${name}`);
  return { ...sample, verdict, reading, handed };
}

/** Every good object. */
export async function goodSamples(): Promise<readonly Sample[]> {
  const context = contextOf();
  const signed = vectors.map(({ file, type, format, raw, found }) => ({
    ...{ name: `gitsign/${file}`, type, format, raw, found, context },
  }));
  const all = await Promise.all([...signed, ...merges()].map(judged));
  return all.filter((sample) => sample !== undefined);
}
