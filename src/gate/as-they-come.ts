/**
 * Judges objects as a listing names them. The first answers come at once, from this thread. If a listing is long, threads
 * take batches too. Every verdict is the one that `verify` gives to the object alone.
 */

import { MAX_OBJECT } from '../core/git/limits.ts';
import type { ReadObject } from '../git/objects.ts';
import type { Rendered } from '../report/format.ts';
import type { Output } from '../report/formats.ts';
import { compileEagerly } from '../system/runtime.ts';
import { createBatcher } from './batches.ts';
import { type Batch, createJudge, type JudgeSettings } from './judge.ts';
import { type JudgedBatch, type Pool, poolInPlace, startPool } from './pool.ts';
import { judgingContext } from './run.ts';
import { settle } from './settle.ts';
import type { VerifySetup } from './setup.ts';

/** Results of a few objects in a row. */
export type Results = readonly Rendered[];

export interface StreamJudge {
  /**
   * Starts to judge these objects, by full hash, after those of earlier calls. Yields all results, in order, a few at a
   * time. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT
   */
  readonly judge: (ids: readonly string[]) => AsyncIterable<Results>;
  readonly close: () => Promise<void>;
}

/** From this many objects on, threads pay. To start one takes as long as thirty objects. */
const WORTH_THREADS = 64;
/** From this many objects on, compiling pays. */
const WORTH_COMPILING = 512;
/** A thread has a batch that it judges, and the next one. */
const AT_HAND = 2;
/** Objects in a batch. The first batch has one, because a person waits for it. */
const BATCH_OBJECTS = 8;
const BLOCK_BYTES = 32 * 1024;
/** If a batch has more bytes than this, the next one is a single object. */
const MANY_BYTES = 1024 * 1024;

type JudgeBatch = Pool['judge'];

interface Job {
  readonly batch: Batch;
  readonly done: (judged: Promise<JudgedBatch>) => void;
}

/** Lets this thread read what git and other threads have sent. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Batches in order, and those who judge them: this thread, and others once they have started. */
class Queue {
  readonly #jobs: Job[] = [];
  readonly #idle: (() => void)[] = [];
  #judges = 0;
  #bytes = 0;
  #left: () => void = () => undefined;

  /** Adds one who judges a batch at a time, for as long as the process runs. */
  async serve(judge: JudgeBatch): Promise<void> {
    this.#judges += 1;
    for (;;) {
      const job = this.#jobs.shift();
      if (job === undefined) {
        await new Promise<void>((resolve) => this.#idle.push(resolve));
        continue;
      }
      const size = job.batch.bytes.length;
      const judged = judge(job.batch);
      job.done(judged);
      await judged.catch(() => undefined);
      this.#bytes -= size;
      this.#left();
      await turn();
    }
  }

  /** Waits until few batches wait, with no more bytes than the largest object has (threat I05). */
  async room(): Promise<void> {
    while (this.#jobs.length > this.#judges || this.#bytes > MAX_OBJECT) {
      await new Promise<void>((resolve) => {
        this.#left = resolve;
      });
    }
  }

  judge(batch: Batch): Promise<JudgedBatch> {
    this.#bytes += batch.bytes.length;
    const judged = new Promise<JudgedBatch>((done) => this.#jobs.push({ batch, done }));
    this.#idle.shift()?.();
    return judged;
  }
}

/** Promises in the order in which they were put in, for one reader. */
class Line<T> {
  readonly #made: Promise<T>[] = [];
  #ended = false;
  #more: () => void = () => undefined;

  put(made: Promise<T>): void {
    // the reader awaits it, and until then a failure must not count as unhandled
    made.catch(() => undefined);
    this.#made.push(made);
    this.#more();
  }

  end(): void {
    this.#ended = true;
    this.#more();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const next = this.#made.shift();
      if (next !== undefined) yield await next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#more = resolve;
        });
      }
    }
  }
}

async function* inOne(objects: readonly ReadObject[]): AsyncGenerator<readonly ReadObject[]> {
  yield objects;
}

/** Starts threads, which judge from the queue as soon as each of them runs. */
function startThreads(settings: JudgeSettings, count: number, queue: Queue): Pool {
  const pool = startPool(settings, count);
  const nothing = (): Batch => ({ bytes: new Uint8Array(), items: [] });
  for (let each = 0; each < count; each += 1) {
    const serve = (): void => {
      for (let hand = 0; hand < AT_HAND; hand += 1) void queue.serve(pool.judge);
    };
    // a thread that does not start leaves its work to the others
    pool.judge(nothing()).then(serve, () => undefined);
  }
  return pool;
}

/** Returns a judge for one listing. `jobs`: threads, at most. */
export function judgeAsTheyCome(
  setup: VerifySetup,
  { jobs, output }: { readonly jobs: number; readonly output: Output },
): StreamJudge {
  const { repository, crypto } = setup;
  const settings: JudgeSettings = { ...setup.judge, output };
  const judging = judgingContext(setup);
  const queue = new Queue();
  void queue.serve(poolInPlace(createJudge(settings, crypto)).judge);
  let threads: Pool | undefined;
  let seen = 0;
  let size = 1;
  let fed = Promise.resolve();

  const judgeBatch = async (batch: Batch): Promise<Results> => {
    const done = await queue.judge(batch);
    return settle(done.batch, done.judged, { judging, output, graph: undefined });
  };
  const feed = async (ids: readonly string[], line: Line<Results>): Promise<void> => {
    for (let at = 0; at < ids.length; ) {
      await queue.room();
      const some = ids.slice(at, at + size);
      at += some.length;
      const frames = await repository.objects.read(some);
      const read = frames.map((frame) => ({ request: { id: frame.id }, frame }));
      const bytes = frames.reduce(
        (sum, each) => sum + (each.kind === 'object' ? each.raw.length : 0),
        0,
      );
      size = bytes > MANY_BYTES ? 1 : Math.min(2 * size, BATCH_OBJECTS);
      for await (const batch of createBatcher(BLOCK_BYTES).batches(inOne(read)))
        line.put(judgeBatch(batch));
    }
  };
  const judge: StreamJudge['judge'] = (ids) => {
    seen += ids.length;
    if (seen >= WORTH_THREADS && jobs > 1) threads ??= startThreads(settings, jobs - 1, queue);
    if (seen >= WORTH_COMPILING) compileEagerly();
    const line = new Line<Results>();
    fed = fed
      .then(() => feed(ids, line))
      .catch((error: unknown) => line.put(Promise.reject(error)))
      .then(() => line.end());
    return line;
  };
  return { judge, close: async () => threads?.close() };
}
