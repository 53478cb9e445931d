/** Wycheproof's signature vectors through our readers of keys and signatures and one crypto port. */

import { readdirSync, readFileSync } from 'node:fs';
import { fromHex } from '../../src/core/bytes.ts';
import type { Crypto, HashAlgorithm } from '../../src/core/crypto.ts';
import { readPublicKey } from '../../src/core/x509/algorithms.ts';
import { signatureHolds } from '../../src/core/x509/signature.ts';

export interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

interface Group {
  readonly sha?: 'SHA-256' | 'SHA-384' | 'SHA-512';
  readonly publicKeyDer: string;
  readonly tests: readonly WycheproofCase[];
}

export interface WycheproofFile {
  readonly name: string;
  readonly groups: readonly Group[];
}

const bytes = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();

/** All files of a folder, by name. */
export function readWycheproof(folder: URL): readonly WycheproofFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('_test.json'))
    .toSorted()
    .map((name) => {
      const { testGroups } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      return { name: name.replace('_test.json', ''), groups: testGroups };
    });
}

/** Numbers of the cases whose signature holds, as our core judges them with this port. */
export async function heldCases(file: WycheproofFile, crypto: Crypto): Promise<readonly number[]> {
  const held: number[] = [];
  for (const { sha = 'SHA-512', publicKeyDer, tests } of file.groups) {
    const hash = sha.toLowerCase().replace('-', '') as HashAlgorithm;
    const key = readPublicKey(bytes(publicKeyDer));
    for (const { tcId, msg, sig } of tests)
      if (key !== undefined && (await signatureHolds(crypto, key, hash, bytes(msg), bytes(sig))))
        held.push(tcId);
  }
  return held;
}
