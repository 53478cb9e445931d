/**
 * Checks that one tree of a log continues another (RFC 9162 §2.1.4, the same tree as RFC 6962), and grows a tree leaf by
 * leaf. A tree of any size is kept as its frontier: the roots of the complete subtrees that it consists of, from the
 * largest to the smallest. So a reader of a log needs a few dozen hashes, however many entries it has read.
 */

import { equal } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';

const HASH = 32;

/** Thrown for a proof that does not show that one tree continues another. */
export class ConsistencyError extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'ConsistencyError';
  }
}

/** A tree at a signed or computed size. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** A tree that leaves are appended to. */
export class Frontier {
  readonly #crypto: Crypto;
  /** Roots of complete subtrees, the largest first. */
  readonly #peaks: Uint8Array[];
  readonly #node = new Uint8Array(1 + 2 * HASH).fill(1, 0, 1);
  #size: number;

  /** Begins with the tree of `size` leaves whose complete subtrees have these roots, or with the empty tree. */
  constructor(crypto: Crypto, size = 0, peaks: readonly Uint8Array[] = []) {
    this.#crypto = crypto;
    this.#size = size;
    this.#peaks = [...peaks];
  }

  get size(): number {
    return this.#size;
  }

  /** Appends a leaf by its hash (leafHash). */
  append(leaf: Uint8Array): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#peaks.pop();
      if (left === undefined) throw new RangeError('the frontier does not belong to its size');
      node = this.#joined(left, node);
    }
    this.#peaks.push(node);
    this.#size += 1;
  }

  /** Returns the root of the tree. The root of the empty tree is SHA-256 of nothing. */
  root(): Uint8Array {
    let root = this.#peaks.at(-1);
    if (root === undefined) return this.#crypto.hash('sha256', new Uint8Array());
    for (let at = this.#peaks.length - 2; at >= 0; at -= 1) {
      root = this.#joined(this.#peaks[at] as Uint8Array, root);
    }
    return root;
  }

  /** Hashes a node in one piece, because a reader of a log does this for every entry. */
  #joined(left: Uint8Array, right: Uint8Array): Uint8Array {
    this.#node.set(left, 1);
    this.#node.set(right, 1 + HASH);
    return this.#crypto.hash('sha256', this.#node);
  }
}

function invalid(detail: string): ConsistencyError {
  return new ConsistencyError(detail);
}

/**
 * Proves that the tree `later` continues the tree `earlier` (RFC 9162 §2.1.4.2). Returns the earlier tree, ready for
 * the leaves that follow: the proof holds its frontier.
 * @throws ConsistencyError
 */
export function frontierOf(
  crypto: Crypto,
  earlier: TreeHead,
  later: TreeHead,
  proof: readonly Uint8Array[],
): Frontier {
  if (earlier.size > later.size) throw invalid('the later tree is smaller');
  if (proof.some(({ length }) => length !== HASH)) throw invalid('a hash is not 32 octets');
  if (earlier.size === 0 || earlier.size === later.size) {
    if (proof.length > 0) throw invalid('the proof is too long');
    const same = earlier.size === 0 || equal(earlier.root, later.root);
    if (!same) throw invalid('two trees of one size have different roots');
    // the frontier of a whole tree is not needed: no leaf follows
    return new Frontier(crypto);
  }
  const joined = (left: Uint8Array, right: Uint8Array): Uint8Array =>
    crypto.hash('sha256', Uint8Array.of(1), left, right);
  const path = isPowerOfTwo(earlier.size) ? [earlier.root, ...proof] : [...proof];
  const [first, ...others] = path;
  if (first === undefined) throw invalid('the proof is empty');
  let [from, to] = [earlier.size - 1, later.size - 1];
  const up = (): void => {
    from = Math.floor(from / 2);
    to = Math.floor(to / 2);
  };
  while (from % 2 === 1) up();
  const peaks = [first];
  let [oldRoot, newRoot] = [first, first];
  for (const hash of others) {
    if (to === 0) throw invalid('the proof is too long');
    if (from % 2 === 1 || from === to) {
      peaks.unshift(hash);
      oldRoot = joined(hash, oldRoot);
      newRoot = joined(hash, newRoot);
      while (from % 2 === 0 && from !== 0) up();
    } else {
      newRoot = joined(newRoot, hash);
    }
    up();
  }
  if (to !== 0) throw invalid('the proof is too short');
  if (!equal(oldRoot, earlier.root)) throw invalid('it does not lead to the earlier root');
  if (!equal(newRoot, later.root)) throw invalid('it does not lead to the later root');
  return new Frontier(crypto, earlier.size, peaks);
}

function isPowerOfTwo(size: number): boolean {
  return 2 ** Math.round(Math.log2(size)) === size;
}
