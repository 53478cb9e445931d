/** Chooses the crypto port: Bun's functions if they are there, or else node:crypto, which is then loaded. */

import type { Crypto } from '../core/crypto.ts';
import { bunRuntime } from './bun.ts';
import { bunCrypto } from './crypto-bun.ts';

/** Returns the port that starts fastest on this runtime. Batch workers use system/crypto.ts instead. */
export async function loadCrypto(): Promise<Crypto> {
  const bun = bunRuntime();
  if (bun !== undefined) return bunCrypto(bun);
  const { nodeCrypto } = await import('./crypto.ts');
  return nodeCrypto;
}
