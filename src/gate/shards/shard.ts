/** Splits a run into shards. Each shard plans the whole run and judges every n-th object of it. */

import { toHex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { UsageError } from '../../errors.ts';
import type { ObjectRequest } from '../../git/objects.ts';

export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/** Most shards of a run. */
const MAX_SHARDS = 1024;

/** Reads `x/y`. @throws UsageError */
export function readShard(text: string): Shard {
  const [, x = '', y = ''] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  const [index, count] = [Number(x), Number(y)];
  if (index >= 1 && index <= count && count <= MAX_SHARDS) return { index, count };
  throw new UsageError(
    `--shard ${text}: expected x/y, such as 1/3, with at most ${MAX_SHARDS} shards`,
  );
}

/** The objects of a whole run, as they are seen. Equal runs have an equal digest. */
export interface Selection {
  readonly add: (request: Pick<ObjectRequest, 'id' | 'ref'>) => void;
  readonly count: () => number;
  /** SHA-256, lower-case hex. */
  readonly digest: () => string;
}

/** Returns an empty selection. */
export function openSelection(crypto: Crypto): Selection {
  let count = 0;
  let digest = new Uint8Array();
  const add: Selection['add'] = ({ id, ref = '' }) => {
    count += 1;
    digest = new Uint8Array(crypto.hash('sha256', digest, utf8(`${id} ${ref}\0`)));
  };
  return { add, count: () => count, digest: () => toHex(digest) };
}

type Requests = AsyncIterable<readonly ObjectRequest[]>;

/** Yields the requests of a run, and adds each to the selection. With a shard, only its own are yielded. */
export async function* selected(
  requests: Requests,
  selection: Selection,
  { index, count }: Shard = { index: 1, count: 1 },
): AsyncGenerator<readonly ObjectRequest[]> {
  for await (const group of requests) {
    yield group.filter((request) => {
      const mine = selection.count() % count === index - 1;
      selection.add(request);
      return mine;
    });
  }
}
