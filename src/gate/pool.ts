/**
 * Runs the workers of `verify`. Each batch goes to the least busy worker, and results come back in the order of the
 * batches. The number of batches under way is bounded, so a long range takes no more memory than a short one.
 */

import type { Worker, WorkerOptions } from 'node:worker_threads';
import { MAX_OBJECT } from '../core/git/limits.ts';
import { collectGarbage } from '../system/runtime.ts';
import {
  type Batch,
  type Judge,
  type JudgedItem,
  type JudgeSettings,
  LARGE_BATCH,
} from './judge.ts';
import type { WorkerAnswer } from './worker.ts';

/** A batch and its results. The batch holds its bytes again. */
export interface JudgedBatch {
  readonly batch: Batch;
  readonly judged: readonly JudgedItem[];
}

export interface Pool {
  readonly judge: (batch: Batch) => Promise<JudgedBatch>;
  /** Batches that keep all workers busy. */
  readonly window: number;
  readonly close: () => Promise<void>;
}

const BATCHES_PER_WORKER = 3;
/** Batches between two garbage collections of this thread, which makes less garbage than the workers. */
const COLLECT_EVERY = 16;
const YOUNG_MEGABYTES = 8;

/** Path of the worker's entry from this module, set by the build. In the source tree the entry lies beside it. */
declare const SIGNET_WORKER: string | undefined;

function workerEntry(): URL {
  const built = typeof SIGNET_WORKER === 'string' ? SIGNET_WORKER : undefined;
  return new URL(built ?? './worker.ts', import.meta.url);
}

/** Returns a pool without threads. */
export function poolInPlace(judge: Judge): Pool {
  return {
    judge: async (batch) => ({ batch, judged: await judge(batch) }),
    window: 1,
    close: async () => undefined,
  };
}

interface Waiting {
  readonly batch: Batch;
  readonly resolve: (judged: JudgedBatch) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  /** Batches that were sent and not yet answered, oldest first. */
  readonly waiting: Waiting[];
  ended: boolean;
}

function startThread(settings: JudgeSettings): Thread {
  // each thread gets a small heap, which is collected sooner: `smol` is for Bun, the limit for Node
  const options: WorkerOptions & { readonly smol: boolean } = {
    ...{ workerData: settings, env: {}, smol: true },
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  };
  // loaded on use: few objects need no threads
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const worker = new Worker(workerEntry(), options);
  const thread: Thread = { worker, waiting: [], ended: false };
  const fail = (error: Error): void => {
    thread.ended = true;
    for (const waiting of thread.waiting.splice(0)) waiting.reject(error);
  };
  worker.on('message', (answer: WorkerAnswer) => {
    const waiting = thread.waiting.shift();
    if (waiting === undefined) return;
    if ('error' in answer) return waiting.reject(new Error(`in a worker: ${answer.error}`));
    const { judged, bytes } = answer;
    waiting.resolve({ batch: { ...waiting.batch, bytes }, judged });
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a worker ended early (exit ${code})`)));
  return thread;
}

/** Starts `count` workers. If a worker dies, the run fails, and its batches never count as judged. */
export function startPool(settings: JudgeSettings, count: number): Pool {
  const threads = Array.from({ length: count }, () => startThread(settings));
  const judge = (batch: Batch): Promise<JudgedBatch> => {
    const thread = threads.reduce((best, next) =>
      next.waiting.length < best.waiting.length ? next : best,
    );
    if (thread.ended) return Promise.reject(new Error('a worker ended early'));
    return new Promise((resolve, reject) => {
      thread.waiting.push({ batch, resolve, reject });
      thread.worker.postMessage(batch, [batch.bytes.buffer]);
    });
  };
  const close = async (): Promise<void> => {
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
  };
  return { judge, window: count * BATCHES_PER_WORKER, close };
}

/**
 * Sends batches to the pool and yields results in the order of the batches. At most `pool.window` of them are under way.
 * Together they have at most MAX_OBJECT bytes, unless there is only one: large objects must not fill the memory (threat I05).
 */
export async function* judgeInOrder(
  batches: AsyncIterable<Batch>,
  pool: Pool,
): AsyncGenerator<JudgedBatch> {
  const underWay: { readonly size: number; readonly judged: Promise<JudgedBatch> }[] = [];
  let bytes = 0;
  let sent = 0;
  const oldest = (): Promise<JudgedBatch> | undefined => {
    const first = underWay.shift();
    bytes -= first?.size ?? 0;
    return first?.judged;
  };
  for await (const batch of batches) {
    const size = batch.bytes.length;
    while (bytes + size > MAX_OBJECT) {
      const done = oldest();
      if (done === undefined) break;
      yield await done;
    }
    const judged = pool.judge(batch);
    // it is awaited below, in order, and until then a failure must not count as unhandled
    judged.catch(() => undefined);
    underWay.push({ size, judged });
    bytes += size;
    sent += 1;
    if (sent % COLLECT_EVERY === 0 || size > LARGE_BATCH) collectGarbage();
    const done = underWay.length >= pool.window ? oldest() : undefined;
    if (done !== undefined) yield await done;
  }
  for (let done = oldest(); done !== undefined; done = oldest()) yield await done;
}
