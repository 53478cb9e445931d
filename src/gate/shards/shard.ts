/** Splits a run into shards. Each shard plans the whole run and judges every n-th object of it. */

import { utf8 } from '../../core/bytes.ts';
import { UsageError } from '../../errors.ts';
import type { ObjectRequest } from '../../git/objects.ts';
import { chainedDigest, MAX_SHARDS } from './shard-file.ts';

export interface Shard {
  /** From 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

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
export function openSelection(): Selection {
  let count = 0;
  const digest = chainedDigest();
  const add: Selection['add'] = ({ id, ref = '' }) => {
    count += 1;
    digest.add(utf8(`${id} ${ref}\0`));
  };
  return { add, count: () => count, digest: digest.hex };
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
