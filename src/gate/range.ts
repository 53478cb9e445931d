/**
 * Runs `verify`: requests → objects → batches → verdicts, in order and in bounded memory. The main thread judges few
 * objects, workers judge many. The main thread also settles what a worker cannot (settle.ts).
 */

import type { Crypto } from '../core/crypto.ts';
import { type ObjectRequest, readObjects } from '../git/objects.ts';
import type { GitRepository } from '../git/repository.ts';
import type { Rendered } from '../report/format.ts';
import type { Counts } from '../report/judged.ts';
import { keepHeapSmall } from '../system/runtime.ts';
import { createBatcher } from './batches.ts';
import { countResults } from './exit-code.ts';
import {
  type Batch,
  createBatchJudge,
  createJudge,
  type Judge,
  type JudgedItem,
  type JudgeSettings,
} from './judge.ts';
import { judgeInOrder, type Pool, poolInPlace, startPool } from './pool.ts';
import { provedOrRead, type RunProofs } from './proofs/proved-objects.ts';

export interface JudgedRun {
  readonly repository: GitRepository;
  readonly requests: AsyncIterable<readonly ObjectRequest[]>;
  readonly settings: JudgeSettings;
  readonly crypto: Crypto;
  /** Most threads. */
  readonly jobs: number;
  /** Judges instead of workers. */
  readonly judge?: Judge | undefined;
  /** Settles items that workers cannot. */
  readonly settle: (batch: Batch, judged: readonly JudgedItem[]) => Promise<readonly Rendered[]>;
  /** The store, if this run uses it. */
  readonly proofs?: RunProofs | undefined;
  /** Called for every object, in order. */
  readonly onResult: (result: Rendered) => void;
}

/** Yields the first batches, then the rest. It empties the list, because each batch may be as large as an object may be. */
async function* chain(first: Batch[], rest: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  for (let next = first.shift(); next !== undefined; next = first.shift()) yield next;
  for (let step = await rest.next(); step.done !== true; step = await rest.next()) yield step.value;
}

/** Returns whether the evidence of a batch is still to be verified. */
const isNew = ({ shapes }: Batch): boolean => shapes === undefined;

/** Returns a pool that judges proved batches and the first new ones (`few`) in this thread, and starts workers for others. */
function poolOnDemand({ settings, crypto, jobs }: JudgedRun, few: number): Pool {
  const here = poolInPlace(createJudge(settings, crypto));
  let workers: Pool | undefined;
  let left = few;
  return {
    judge: (batch) => {
      if (!isNew(batch)) return here.judge(batch);
      if (left > 0) {
        left -= 1;
        return here.judge(batch);
      }
      workers ??= startPool(settings, jobs);
      return workers.judge(batch);
    },
    get window() {
      return workers?.window ?? here.window;
    },
    close: async () => workers?.close(),
  };
}

/** Chooses a pool. Few objects are not worth a thread. For many, node:crypto is faster, with or without threads. */
async function choosePool(run: JudgedRun, first: readonly Batch[]): Promise<Pool> {
  if (run.judge !== undefined) return poolInPlace(run.judge);
  if (first.length < 2) return poolInPlace(createJudge(run.settings, run.crypto));
  const allNew = first.every(isNew);
  if (!allNew) keepHeapSmall();
  if (run.jobs > 1) return poolOnDemand(run, allNew ? 0 : 1);
  const { nodeCrypto } = await import('../system/crypto.ts');
  return poolInPlace(createBatchJudge(run.settings, nodeCrypto));
}

/** Judges all requested objects. Calls `onResult` for each verdict and returns the counts. */
export async function judgeObjects(run: JudgedRun): Promise<Counts> {
  const counts = countResults();
  const batcher = createBatcher();
  const { repository, requests, proofs, settings } = run;
  const source = batcher.batches(
    proofs === undefined
      ? readObjects(repository, requests)
      : provedOrRead(repository, requests, proofs, settings.now),
  );
  const seen: Batch[] = [];
  let pool: Pool | undefined;
  try {
    while (seen.length < 2) {
      const step = await source.next();
      if (step.done === true) break;
      seen.push(step.value);
    }
    pool = await choosePool(run, seen);
    for await (const { batch, judged } of judgeInOrder(chain(seen, source), pool)) {
      if (proofs !== undefined) for (const { proof } of judged) if (proof) proofs.store.keep(proof);
      for (const result of await run.settle(batch, judged)) {
        counts[result.status] += 1;
        run.onResult(result);
      }
      batcher.release(batch);
    }
  } finally {
    await source.return(undefined);
    await pool?.close();
    proofs?.store.flush();
  }
  return counts;
}
