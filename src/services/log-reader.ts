/** What reading a whole log needs of it, for both kinds of logs. Nothing that a reader returns is proved yet. */

import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';

/** Entries that follow each other in the log. */
export interface LogBatch {
  /** Position of the first one in its tree. */
  readonly from: number;
  /** The leaves of the tree: a zero octet, then the entry (RFC 6962 §2.1). */
  readonly leaves: readonly Uint8Array[];
  /** What the log says beside each entry. Absent for a tiled log, which says nothing. */
  readonly entries?: readonly TransparencyLogEntry[];
}

/** Reads one tree of one log. A request that fails is a ServiceError. */
export interface LogReader {
  readonly kind: 'rekor v1' | 'tiles';
  /** The address, for messages. */
  readonly url: string;
  /** The signed note of the newest tree. @throws ServiceError */
  readonly checkpoint: () => Promise<string>;
  /** The hashes that prove that the tree of `to` entries continues that of `from`. @throws ServiceError */
  readonly consistency: (from: number, to: number) => Promise<readonly Uint8Array[]>;
  /** The entries from `from` up to `to`, in order. @throws ServiceError */
  readonly batches: (from: number, to: number) => AsyncGenerator<LogBatch>;
  /** Position over all shards of the tree's first entry, as messages and ledgers name positions. */
  readonly firstIndex: number;
}

/** Yields the results of `work` in the order of its arguments, while up to `width` of them are under way. */
export async function* inOrder<A, T>(
  args: Iterable<A>,
  width: number,
  work: (arg: A) => Promise<T>,
): AsyncGenerator<T> {
  const waiting: Promise<T>[] = [];
  const start = (arg: A): void => {
    const begun = work(arg);
    // its failure is told when its turn comes
    begun.catch(() => undefined);
    waiting.push(begun);
  };
  for (const arg of args) {
    start(arg);
    if (waiting.length >= width) yield await (waiting.shift() as Promise<T>);
  }
  while (waiting.length > 0) yield await (waiting.shift() as Promise<T>);
}
