/**
 * Judges objects as a listing names them, in this thread: the first answer comes at once. Several objects are under way at
 * a time, because Bun verifies signatures in threads of its own. So a listing of any length uses all cores, and waits for
 * no thread to start. Every verdict is the one that `verify` gives to the object alone.
 */

import { MAX_OBJECT } from '../core/git/limits.ts';
import type { ReadObject } from '../git/objects.ts';
import type { Rendered } from '../report/format.ts';
import type { Output } from '../report/formats.ts';
import { compileEagerly } from '../system/runtime.ts';
import { createBatcher } from './batches.ts';
import { type Batch, createJudge, type JudgeSettings } from './judge.ts';
import type { JudgingContext } from './outcome.ts';
import { judgingContext } from './run.ts';
import { settle } from './settle.ts';
import type { VerifySetup } from './setup.ts';
import type { OpenedTold } from './told.ts';

/** Results of a few objects in a row. */
export type Results = readonly Rendered[];

export interface StreamJudge {
  /**
   * Starts to judge these objects, by full hash, after those of earlier calls. Yields all results, in order, a few at a
   * time. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT
   */
  readonly judge: (ids: readonly string[]) => AsyncIterable<Results>;
  /** Ends the child processes of rules that need several commits. */
  readonly close: () => Promise<void>;
}

/** From this many objects on, compiling pays. */
const WORTH_COMPILING = 64;
/** Objects that are judged at a time. */
const AT_ONCE = 6;
/** Objects that are read and shown together. The first one is alone, because a person waits for it. */
const TOGETHER = 8;
const BLOCK_BYTES = 32 * 1024;
/** If objects together have more bytes than this, the next one is read alone. */
const MANY_BYTES = 1024 * 1024;

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

/** Runs a few things at a time, with no more bytes than the largest object has, unless it is one thing (threat I05). */
class Slots {
  readonly #taken = new Set<Promise<unknown>>();
  #bytes = 0;

  async run<T>(bytes: number, work: () => Promise<T>): Promise<{ readonly done: Promise<T> }> {
    while (
      this.#taken.size >= AT_ONCE ||
      (this.#taken.size > 0 && this.#bytes + bytes > MAX_OBJECT)
    ) {
      await Promise.race(this.#taken);
    }
    this.#bytes += bytes;
    const done = work();
    const slot = done
      .catch(() => undefined)
      .finally(() => {
        this.#taken.delete(slot);
        this.#bytes -= bytes;
      });
    this.#taken.add(slot);
    return { done };
  }
}

async function* inOne(objects: readonly ReadObject[]): AsyncGenerator<readonly ReadObject[]> {
  yield objects;
}

/** Returns true if the policy has rules about which a listing tells more than the own signature of each commit. */
function asksForMore({ policy }: VerifySetup['judge']): boolean {
  const rules = policy?.commits ?? [];
  return rules.some(({ approvals, carried }) => approvals !== undefined || carried !== undefined);
}

/** Opens what these rules need. It is loaded on use. */
async function openMore(setup: VerifySetup, judging: JudgingContext): Promise<OpenedTold> {
  const { openTold } = await import('./told.ts');
  return openTold(setup, judging);
}

/** Returns a judge for one listing. */
export function judgeAsTheyCome(setup: VerifySetup, output: Output): StreamJudge {
  const { repository, crypto } = setup;
  const more = asksForMore(setup.judge);
  const settings: JudgeSettings = { ...setup.judge, output, keepOutcomes: more };
  const judging = judgingContext(setup);
  const opened = more ? openMore(setup, judging) : undefined;
  const judgeBatch = createJudge(settings, crypto);
  const slots = new Slots();
  let seen = 0;
  let size = 1;
  let fed = Promise.resolve();

  const judgeOne = async (batch: Batch): Promise<Results> => {
    const graph = (await opened)?.told;
    return settle(batch, await judgeBatch(batch), { judging, output, graph });
  };
  const judgeAll = async ({
    bytes,
    items,
  }: Batch): Promise<{ readonly done: Promise<Results> }> => {
    const under: Promise<Results>[] = [];
    for (const item of items) {
      const { done } = await slots.run(item.end - item.start, () =>
        judgeOne({ bytes, items: [item] }),
      );
      done.catch(() => undefined);
      under.push(done);
    }
    return { done: Promise.all(under).then((results) => results.flat()) };
  };
  const feed = async (ids: readonly string[], line: Line<Results>): Promise<void> => {
    for (let at = 0; at < ids.length; ) {
      const some = ids.slice(at, at + size);
      at += some.length;
      const frames = await repository.objects.read(some);
      const read = frames.map((frame) => ({ request: { id: frame.id }, frame }));
      let bytes = 0;
      for await (const batch of createBatcher(BLOCK_BYTES).batches(inOne(read))) {
        bytes += batch.items.reduce((sum, { start, end }) => sum + end - start, 0);
        line.put((await judgeAll(batch)).done);
      }
      size = bytes > MANY_BYTES ? 1 : Math.min(2 * size, TOGETHER);
    }
  };
  const judge: StreamJudge['judge'] = (ids) => {
    seen += ids.length;
    if (seen >= WORTH_COMPILING) compileEagerly();
    const line = new Line<Results>();
    fed = fed
      .then(() => feed(ids, line))
      .catch((error: unknown) => line.put(Promise.reject(error)))
      .then(() => line.end());
    return line;
  };
  opened?.catch(() => undefined);
  const close = async (): Promise<void> => (await opened?.catch(() => undefined))?.close();
  return { judge, close };
}
