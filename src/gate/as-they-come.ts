/**
 * Judges objects as a listing names them, a few at a time: the first answers come at once, in place, and a long listing
 * gets threads. Every verdict is the one that `verify` gives to the object alone.
 */

import type { GitRepository } from '../git/repository.ts';
import type { Rendered } from '../report/format.ts';
import type { Output } from '../report/formats.ts';
import { BATCH_OBJECTS, createBatcher } from './batches.ts';
import { type Batch, createJudge, type JudgeSettings } from './judge.ts';
import { type Pool, poolInPlace, startPool } from './pool.ts';
import { judgingContext } from './run.ts';
import { settle } from './settle.ts';
import type { VerifySetup } from './setup.ts';

export interface StreamJudge {
  /** The results of these objects, by full hash, in order. @throws UsageError OBJECT_CORRUPT, NO_SUCH_OBJECT */
  readonly judge: (ids: readonly string[]) => Promise<readonly Rendered[]>;
  readonly close: () => Promise<void>;
}

async function* readBatches(
  { objects }: GitRepository,
  ids: readonly string[],
): AsyncGenerator<Batch> {
  // a batcher of its own for each call: calls overlap, and each fills its own blocks
  const { batches } = createBatcher();
  async function* read() {
    for (let at = 0; at < ids.length; at += BATCH_OBJECTS) {
      const some = ids.slice(at, at + BATCH_OBJECTS);
      const frames = await objects.read(some);
      yield frames.map((frame) => ({ request: { id: frame.id }, frame }));
    }
  }
  yield* batches(read());
}

/** A judge for one listing. `jobs`: threads, at most. */
export function judgeAsTheyCome(
  setup: VerifySetup,
  { jobs, output }: { readonly jobs: number; readonly output: Output },
): StreamJudge {
  const { repository, crypto } = setup;
  const settings: JudgeSettings = { ...setup.judge, output };
  const judging = judgingContext(setup);
  const inPlace = poolInPlace(createJudge(settings, crypto));
  let threads: Pool | undefined;
  let seen = 0;
  const poolFor = (count: number): Pool => {
    seen += count;
    if (jobs > 1 && seen > 2 * BATCH_OBJECTS) threads ??= startPool(settings, jobs);
    return threads ?? inPlace;
  };
  const judgeBatch = async (batch: Batch, pool: Pool): Promise<readonly Rendered[]> => {
    const done = await pool.judge(batch);
    return settle(done.batch, done.judged, { judging, output, graph: undefined });
  };
  const judge: StreamJudge['judge'] = async (ids) => {
    const pool = poolFor(ids.length);
    const under: Promise<readonly Rendered[]>[] = [];
    for await (const batch of readBatches(repository, ids)) {
      const judged = judgeBatch(batch, pool);
      judged.catch(() => undefined);
      under.push(judged);
    }
    return (await Promise.all(under)).flat();
  };
  return { judge, close: async () => threads?.close() };
}
