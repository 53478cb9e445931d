/** Reads a tiled log, as Rekor v2 publishes it (https://c2sp.org/tlog-tiles, below `/api/v2`): checkpoint, tiles of hashes, entry bundles. */

import { fromUtf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import {
  bundleLeaves,
  proofFromTiles,
  TILE_WIDTH,
  TileError,
  tilePath,
} from '../core/rekor/tiles.ts';
import { badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpSend } from '../http/message.ts';
import { inOrder, type LogBatch, type LogReader } from './log-reader.ts';

const SERVICE = 'the log';
/** Entries are up to 65,535 bytes long, each behind two octets. */
const MAX_BUNDLE = TILE_WIDTH * (2 + 0xffff);
const MAX_NOTE = 32 * 1024;
const MAX_TILE = TILE_WIDTH * 32;
/** Bundles under way. Four of the largest are 64 MiB. */
const AHEAD = 4;
/** Tiles of hashes that are kept. A proof needs about one a level. */
const MAX_KEPT = 64;

export interface TilesOptions {
  readonly send: HttpSend;
  readonly crypto: Crypto;
}

/** Gets a file of the log. Undefined if the log has none at this path. */
async function get(
  url: string,
  { send, limit }: { readonly send: HttpSend; readonly limit: number },
): Promise<HttpAnswer | undefined> {
  const answer = await send({ service: SERVICE, method: 'GET', url, limit, idempotent: true });
  if (answer.status === 404) return undefined;
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  return answer;
}

/** Opens the tiled log at this address. */
export function openTiles(base: string, { send, crypto }: TilesOptions): LogReader {
  // Rekor v2 has its files there, and other tiled logs at their own address
  let root = `${base}/api/v2`;
  const host = { host: new URL(base).host };
  /** A tile that is not full is dropped when it fills up, so the full one is asked for next. */
  const tile = async (
    level: number | 'entries',
    index: number,
    width: number,
  ): Promise<Uint8Array> => {
    const limit = level === 'entries' ? MAX_BUNDLE : MAX_TILE;
    for (const wanted of width === TILE_WIDTH ? [width] : [width, TILE_WIDTH]) {
      const answer = await get(`${root}/${tilePath(level, index, wanted)}`, { send, limit });
      if (answer !== undefined) return answer.body;
    }
    throw badAnswer(SERVICE, `it has no ${tilePath(level, index, width)}`, host);
  };
  const understood = async <T>(read: () => T | Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof TileError) throw badAnswer(SERVICE, error.message, host);
      throw error;
    }
  };
  const bundle = async ({ index, from, to }: BundleRange): Promise<LogBatch> => {
    const start = index * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, to - start);
    const bytes = await tile('entries', index, width);
    const leaves = await understood(() => bundleLeaves(bytes, width));
    return from > start ? { from, leaves: leaves.slice(from - start) } : { from: start, leaves };
  };
  const kept = new Map<string, Promise<Uint8Array>>();
  const keptTile = (level: number, index: number, width: number): Promise<Uint8Array> => {
    const key = tilePath(level, index, width);
    const known = kept.get(key) ?? tile(level, index, width);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(key, known);
    return known;
  };
  return {
    kind: 'tiles',
    url: base,
    firstIndex: 0,
    checkpoint: async () => {
      for (const place of new Set([root, base])) {
        const answer = await get(`${place}/checkpoint`, { send, limit: MAX_NOTE });
        const text = answer && fromUtf8(answer.body);
        if (text === undefined) continue;
        root = place;
        return text;
      }
      throw badAnswer(SERVICE, 'it has no checkpoint', host);
    },
    consistency: (from, to) => understood(() => proofFromTiles(crypto, from, to, keptTile)),
    batches: (from, to) => inOrder(bundlesOf(from, to), AHEAD, bundle),
  };
}

interface BundleRange {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

function* bundlesOf(from: number, to: number): Generator<BundleRange> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index += 1)
    yield { index, from, to };
}
