/** Makes the proof that the store keeps of a commit, and reads shapes of proofs. */

import { splitSignedObject } from '../../core/git/signed-object.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { SignedObject } from '../../core/verify.ts';
import type { ProvedCommit } from '../../store/page.ts';
import { encodeProof, evidenceOf, latestTime, readShape } from '../../store/proof.ts';

/** Shapes that are read once. A history has as many as it has signers. */
const MAX_SHAPES = 256;

/**
 * Returns the proof of a commit whose evidence holds. Evidence with a time in the future is not kept, because it would not
 * hold on a clock that is right (Unix seconds).
 */
export function proofToKeep(
  { id, type, raw, format }: SignedObject,
  verdict: Verdict,
  now: number,
): ProvedCommit | undefined {
  const evidence = type === 'commit' ? evidenceOf(verdict) : undefined;
  const proof = evidence && encodeProof(evidence);
  if (proof === undefined || latestTime(proof.numbers) > now) return undefined;
  const payload = splitSignedObject(type, raw, format)?.payload;
  return payload && { id, payload, ...proof };
}

/** Returns a reader of shapes that remembers what it has read. */
export function shapeReader(): (text: string) => object {
  const known = new Map<string, object>();
  return (text) => {
    const read = known.get(text) ?? readShape(text);
    if (known.size >= MAX_SHAPES) known.clear();
    known.set(text, read);
    return read;
  };
}
