/** Bun's hasher as far as system/crypto-bun.ts uses it, on Node: so that its WebCrypto half is tested here too. */

import { createHash, type Hash } from 'node:crypto';

class Hasher {
  readonly #hash: Hash;
  constructor(algorithm: string) {
    this.#hash = createHash(algorithm);
  }
  update(data: Uint8Array): this {
    this.#hash.update(data);
    return this;
  }
  digest(): Uint8Array {
    return new Uint8Array(this.#hash.digest());
  }
}

export const hasherOfNode = Hasher;
