/**
 * Reads a log that is published as tiles (https://c2sp.org/tlog-tiles): where each tile is, which hashes of the tree it
 * holds, and how an entry bundle is cut into entries. Nothing here is trusted: consistency.ts proves what comes of it.
 */

import type { Crypto } from '../crypto.ts';

/** Entries of a bundle, and hashes of a tile. */
export const TILE_WIDTH = 256;
const HASH = 32;
const HEIGHT = 8;

/** Thrown for a tile or bundle that has another form than the specification says. */
export class TileError extends Error {
  constructor(detail: string) {
    super(detail);
    this.name = 'TileError';
  }
}

/** Returns the path of a tile below the log's address, e.g. `tile/entries/x001/x234/067.p/12`. */
export function tilePath(level: number | 'entries', index: number, width = TILE_WIDTH): string {
  const groups: string[] = [];
  for (let rest = index; ; rest = Math.floor(rest / 1000)) {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    if (rest < 1000) break;
  }
  const last = groups.pop() ?? '';
  const above = groups.map((group) => `x${group}/`).join('');
  return `tile/${level}/${above}${last}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/**
 * Cuts a bundle into its first `count` entries. Each view is the leaf of the tree: a zero octet, then the entry
 * (RFC 6962 §2.1), so that it is hashed where it stands. The zero overwrites a length octet in `bundle`.
 * @throws TileError
 */
export function bundleLeaves(bundle: Uint8Array, count: number): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  let at = 0;
  while (leaves.length < count) {
    if (at + 2 > bundle.length) throw new TileError('the bundle ends too early');
    const end = at + 2 + (bundle[at] as number) * 256 + (bundle[at + 1] as number);
    if (end > bundle.length) throw new TileError('the bundle ends within an entry');
    bundle[at + 1] = 0;
    leaves.push(bundle.subarray(at + 1, end));
    at = end;
  }
  return leaves;
}

/** Fetches a tile of hashes with at least `width` of them. */
export type HashTile = (level: number, index: number, width: number) => Promise<Uint8Array>;

/** A range of leaves. */
type Span = readonly [from: number, to: number];

/** Returns the largest power of two below `width` (RFC 6962 §2.1). */
function split(width: number): number {
  let half = 1;
  while (half * 2 < width) half *= 2;
  return half;
}

/** Returns the ranges whose roots prove that a tree of `to` leaves continues one of `from` (RFC 6962 §2.1.2), in order. */
function provingSpans(from: number, to: number): readonly Span[] {
  if (from === 0 || from === to) return [];
  const spans: Span[] = [];
  let [start, end] = [0, to];
  let alone = true;
  while (end !== from) {
    const middle = start + split(end - start);
    if (from <= middle) {
      spans.unshift([middle, end]);
      end = middle;
    } else {
      spans.unshift([start, middle]);
      start = middle;
      alone = false;
    }
  }
  return alone ? spans : [[start, end], ...spans];
}

/** Makes the consistency proof of two sizes out of tiles of hashes. @throws TileError, and the errors of `tile` */
export async function proofFromTiles(
  crypto: Crypto,
  from: number,
  to: number,
  tile: HashTile,
): Promise<readonly Uint8Array[]> {
  const joined = (left: Uint8Array, right: Uint8Array): Uint8Array =>
    crypto.hash('sha256', Uint8Array.of(1), left, right);
  /** The root of a complete subtree of 2^height leaves. */
  const node = async (height: number, index: number): Promise<Uint8Array> => {
    const level = Math.floor(height / HEIGHT);
    const count = 2 ** (height % HEIGHT);
    const place = index * count;
    const tileIndex = Math.floor(place / TILE_WIDTH);
    const there = Math.floor(to / 2 ** (HEIGHT * level)) - tileIndex * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, there);
    const bytes = await tile(level, tileIndex, width);
    if (bytes.length < width * HASH) throw new TileError('the tile ends too early');
    let hashes = Array.from({ length: count }, (_, at) => {
      const start = ((place % TILE_WIDTH) + at) * HASH;
      return bytes.subarray(start, start + HASH);
    });
    while (hashes.length > 1) {
      hashes = Array.from({ length: hashes.length / 2 }, (_, at) =>
        joined(hashes[2 * at] as Uint8Array, hashes[2 * at + 1] as Uint8Array),
      );
    }
    return hashes[0] as Uint8Array;
  };
  const rootOf = async ([start, end]: Span): Promise<Uint8Array> => {
    const width = end - start;
    const half = split(width);
    if (width === 1 || half * 2 === width) return node(Math.round(Math.log2(width)), start / width);
    const [left, right] = [await rootOf([start, start + half]), await rootOf([start + half, end])];
    return joined(left, right);
  };
  const proof: Uint8Array[] = [];
  for (const span of provingSpans(from, to)) proof.push(await rootOf(span));
  return proof;
}
