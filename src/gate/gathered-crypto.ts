/**
 * Verifies the signatures of several objects in a row. Between other work, the processor no longer holds the code and the tables
 * of a curve, and a check takes up to half as long again.
 */

import type { Crypto, HashAlgorithm, PublicKey } from '../core/crypto.ts';

interface Question {
  readonly key: PublicKey;
  readonly hash: HashAlgorithm;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  readonly resolve: (holds: boolean | Promise<boolean>) => void;
  readonly reject: (error: unknown) => void;
}

/** Keys of one curve stand together. */
function byKind({ key: { kind: one } }: Question, { key: { kind: other } }: Question): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * Returns a port that verifies signatures when nothing else is left to do, sorted by curve. Each question is answered by
 * itself, as `crypto` answers it. It pays only if several objects are judged at a time.
 */
export function gatheredCrypto(crypto: Crypto): Crypto {
  let questions: Question[] = [];
  const answer = (): void => {
    const asked = questions.sort(byKind);
    questions = [];
    for (const { key, hash, data, signature, resolve, reject } of asked) {
      try {
        resolve(crypto.verify(key, hash, data, signature));
      } catch (error) {
        reject(error);
      }
    }
  };
  return {
    hash: crypto.hash,
    verify: (key, hash, data, signature) =>
      new Promise<boolean>((resolve, reject) => {
        if (questions.length === 0) setImmediate(answer);
        questions.push({ key, hash, data, signature, resolve, reject });
      }),
  };
}
