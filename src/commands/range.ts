/**
 * A run of `verify`: requests → objects → batches → verdicts, in order and at a bounded pace. Few objects are
 * judged in place, many by workers. Log entries that signatures do not embed are looked up here, never in workers.
 */

import type { Crypto } from '../core/crypto.ts';
import type { LogLookup } from '../core/log-lookup.ts';
import { type VerifyContext, verifyObject } from '../core/verify.ts';
import { type ObjectRequest, readObjects } from '../io/git-objects.ts';
import type { GitRepository } from '../io/git-repository.ts';
import type { Counts } from '../report/json.ts';
import { renderResult } from '../report/pieces.ts';
import type { Rendered } from '../report/writer.ts';
import type { LogAccess } from './log-entries.ts';
import { createBatcher } from './range-batches.ts';
import {
  type Batch,
  type BatchItem,
  bytesOfItem,
  createJudge,
  type JudgedItem,
  type JudgeSettings,
  verifyContext,
} from './range-judge.ts';
import { judgeInOrder, type Pool, poolInPlace, startPool } from './range-pool.ts';
import { countResults } from './verify-report.ts';

export interface Run {
  readonly repository: GitRepository;
  readonly requests: AsyncIterable<readonly ObjectRequest[]>;
  readonly settings: JudgeSettings;
  readonly crypto: Crypto;
  /** Threads, at most. */
  readonly jobs: number;
  readonly judgeLogged: LogAccess['judge'];
  /** Called for every object, in order. */
  readonly onResult: (result: Rendered) => void;
}

const LOOKUPS_AT_ONCE = 4;

/** The items of a batch, those without an embedded entry judged again with what the log says. */
async function withLookups(
  batch: Batch,
  judged: readonly JudgedItem[],
  run: Run,
  context: VerifyContext,
): Promise<readonly Rendered[]> {
  const results: Rendered[] = [...judged];
  const wanted = [...judged.entries()].filter(([, item]) => item.lookup !== undefined);
  if (wanted.length === 0) return results;
  const again = async (item: BatchItem, lookup: LogLookup): Promise<Rendered> => {
    const raw = bytesOfItem(batch, item);
    const object = { ...item, raw, format: run.settings.format };
    const verdict = await run.judgeLogged(lookup, (found) => verifyObject(object, context, found));
    return renderResult({ ...item, raw, verdict }, run.settings.output);
  };
  const next = async (): Promise<void> => {
    for (let entry = wanted.shift(); entry !== undefined; entry = wanted.shift()) {
      const [index, { lookup }] = entry;
      const item = batch.items[index];
      if (lookup !== undefined && item !== undefined) results[index] = await again(item, lookup);
    }
  };
  await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, next));
  return results;
}

async function* chain(first: readonly Batch[], rest: AsyncIterator<Batch>): AsyncGenerator<Batch> {
  yield* first;
  for (let step = await rest.next(); step.done !== true; step = await rest.next()) yield step.value;
}

/** Few objects are not worth a thread; for many, node:crypto is the faster port, with or without threads. */
async function choosePool(run: Run, batchesSeen: number): Promise<Pool> {
  if (batchesSeen < 2) return poolInPlace(createJudge(run.settings, run.crypto));
  if (run.jobs > 1) return startPool(run.settings, run.jobs);
  const { nodeCrypto } = await import('../io/crypto.ts');
  return poolInPlace(createJudge(run.settings, nodeCrypto));
}

/** Judges everything that is requested; `onResult` hears each verdict, the counts come back. */
export async function judgeObjects(run: Run): Promise<Counts> {
  const counts = countResults();
  const batcher = createBatcher();
  const context = verifyContext(run.settings, run.crypto);
  const source = batcher.batches(readObjects(run.repository, run.requests));
  const seen: Batch[] = [];
  let pool: Pool | undefined;
  try {
    while (seen.length < 2) {
      const step = await source.next();
      if (step.done === true) break;
      seen.push(step.value);
    }
    pool = await choosePool(run, seen.length);
    for await (const { batch, judged } of judgeInOrder(chain(seen, source), pool)) {
      for (const result of await withLookups(batch, judged, run, context)) {
        counts[result.status] += 1;
        run.onResult(result);
      }
      batcher.release(batch.bytes);
    }
  } finally {
    await source.return(undefined);
    await pool?.close();
  }
  return counts;
}
