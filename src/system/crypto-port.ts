/** Chooses the crypto port: Bun's built-ins where they are, node:crypto elsewhere, loaded only then. */

import type { Crypto } from '../core/crypto.ts';
import { bunRuntime } from './bun.ts';
import { bunCrypto } from './crypto-bun.ts';

/** The port that starts fastest on this runtime; batch workers take system/crypto.ts by name instead. */
export async function loadCrypto(): Promise<Crypto> {
  const bun = bunRuntime();
  if (bun !== undefined) return bunCrypto(bun);
  const { nodeCrypto } = await import('./crypto.ts');
  return nodeCrypto;
}
