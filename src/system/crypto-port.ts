/** Chooses the crypto port: Bun's built-ins where they are, node:crypto elsewhere, loaded only then. */

import type { Crypto } from '../core/crypto.ts';
import { type BunRuntime, bunCrypto } from './crypto-bun.ts';

/** The port that starts fastest on this runtime; batch workers take system/crypto.ts by name instead. */
export async function loadCrypto(): Promise<Crypto> {
  const { Bun } = globalThis as { Bun?: BunRuntime };
  if (Bun !== undefined) return bunCrypto(Bun);
  const { nodeCrypto } = await import('./crypto.ts');
  return nodeCrypto;
}
