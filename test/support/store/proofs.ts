/** Proofs and stores in scratch folders. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenStore, openStore } from '../../../src/store/open.ts';
import type { ProvedCommit } from '../../../src/store/page.ts';
import { type Evidence, encodeProof } from '../../../src/store/proof.ts';
import { type ProofSettings, type ProofStore, proofsIn } from '../../../src/store/proofs.ts';

export const NOW = 1_800_000_000;

/** Evidence as a run reaches it. */
export function evidence(more: Partial<Evidence> = {}): Evidence {
  const whole: Evidence = {
    signer: {
      kind: 'email',
      value: 'alice@example.test',
      issuer: 'https://i.test',
      extensions: {},
    },
    certificate: { sha1: 'ab'.repeat(20), sha256: 'cd'.repeat(32), notBefore: 1, notAfter: 601 },
    logEntry: { logId: 'ef'.repeat(32), logIndex: '7', kindVersion: 'x', integratedTime: 5 },
    times: [{ source: 'rekor', time: 5, authority: 'ef'.repeat(32) }],
    ...more,
  };
  const { logEntry, ...rest } = whole;
  const { signer, certificate, times } = rest;
  return logEntry === undefined
    ? { signer, certificate, times }
    : { signer, certificate, logEntry, times };
}

/** The full hash of the commit with this number. */
export const idOf = (number: number): string => number.toString(16).padStart(8, '0').repeat(5);

/** A proved commit with this number, which its log index repeats. */
export function proved(number: number): ProvedCommit {
  const logEntry = { logId: 'ef', logIndex: String(number), kindVersion: 'x', integratedTime: 5 };
  const proof = encodeProof(evidence({ logEntry }));
  if (proof === undefined) throw new Error('it cannot be encoded');
  return { id: idOf(number), payload: Buffer.from(`tree ${number}\n`), ...proof };
}

/** A user's environment in a scratch folder. */
export function scratchUser(): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'git-signet-store-'));
  return { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), XDG_STATE_HOME: join(home, 'state') };
}

/** A store that is open, and what it said. */
export interface OpenedProofs {
  readonly store: OpenStore;
  readonly proofs: ProofStore;
  readonly said: readonly string[];
  /** Returns the numbers among these whose proofs are found. Fails if a proof is another commit's. */
  readonly known: (numbers: readonly number[]) => readonly number[];
  readonly close: () => void;
}

/** Opens the store of a user, or returns what it said. */
export function opened(
  env: Record<string, string>,
  more: Partial<ProofSettings> = {},
): OpenedProofs | readonly string[] {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const store = openStore({ env, say });
  if (store === undefined) return said;
  const settings = { facts: ['trust a', 'build a'], hashBytes: 20, now: NOW, say, ...more };
  const proofs = proofsIn(store, settings);
  const known = (numbers: readonly number[]): readonly number[] => {
    const found = proofs.find(numbers.map(idOf));
    return numbers.filter((number, index) => {
      const proof = found[index];
      if (proof === undefined) return false;
      const { page } = proof;
      const right = proved(number);
      const same =
        Buffer.from(page.bytes.subarray(proof.start, proof.end)).equals(
          Buffer.from(right.payload),
        ) &&
        Buffer.from(page.bytes.subarray(proof.at))
          .subarray(0, right.numbers.length)
          .equals(Buffer.from(right.numbers)) &&
        page.shapes[proof.shape] === right.shape;
      if (!same) throw new Error(`the proof of ${number} is another one`);
      return true;
    });
  };
  const close = (): void => {
    proofs.flush();
    store.file.close();
  };
  return { store, proofs, said, known, close };
}

/** Opens a store that must open. */
export function mustOpen(
  env: Record<string, string>,
  more: Partial<ProofSettings> = {},
): OpenedProofs {
  const one = opened(env, more);
  if ('proofs' in one) return one;
  throw new Error(one.join('\n'));
}

/** Keeps the proofs of commits 0 to `count` - 1 in the store of a user. */
export function filled(
  env: Record<string, string>,
  count: number,
  more: Partial<ProofSettings> = {},
): void {
  const { proofs, close } = mustOpen(env, more);
  for (let number = 0; number < count; number += 1) proofs.keep(proved(number));
  close();
}
