/**
 * Settles items that a worker could not: log entries that a log must be asked for, signatures by pinned keys, and rules
 * that need several commits. Everything else passes through as it was rendered.
 */

import type { Outcome } from '../core/verdict.ts';
import type { Rendered } from '../report/format.ts';
import { type Output, renderResult } from '../report/formats.ts';
import type { Graph } from './graph.ts';
import { type Batch, type BatchItem, bytesOfItem, type JudgedItem } from './judge.ts';
import { type JudgingContext, judgeOutcome } from './outcome.ts';

export interface SettleSettings {
  readonly judging: JudgingContext;
  readonly output: Output;
  readonly graph: Graph | undefined;
}

const AT_ONCE = 4;

interface Settled {
  readonly rendered: Rendered;
  readonly outcome?: Outcome | undefined;
}

/** Judges the items that need a log or a key again, a few at a time. */
async function settleAsked(
  batch: Batch,
  judged: readonly JudgedItem[],
  { judging, output }: SettleSettings,
): Promise<Settled[]> {
  const results: Settled[] = judged.map((rendered) => ({ rendered, outcome: rendered.outcome }));
  const wanted = [...judged.keys()].filter(
    (index) => judged[index]?.lookup !== undefined || judged[index]?.keyed !== undefined,
  );
  const again = async (item: BatchItem): Promise<Settled> => {
    const raw = bytesOfItem(batch, item);
    const outcome = await judgeOutcome({ ...item, raw }, judging);
    return { rendered: renderResult({ ...item, raw, verdict: outcome }, output), outcome };
  };
  const next = async (): Promise<void> => {
    for (let index = wanted.shift(); index !== undefined; index = wanted.shift()) {
      const item = batch.items[index];
      if (item !== undefined) results[index] = await again(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted.length) }, next));
  return results;
}

/** Returns the final results of a batch, in its order. */
export async function settle(
  batch: Batch,
  judged: readonly JudgedItem[],
  settings: SettleSettings,
): Promise<readonly Rendered[]> {
  const { graph, output } = settings;
  const settled = await settleAsked(batch, judged, settings);
  if (graph === undefined) return settled.map(({ rendered }) => rendered);
  const results: Rendered[] = [];
  for (const [index, { rendered, outcome }] of settled.entries()) {
    const item = batch.items[index];
    if (item === undefined || outcome === undefined || item.type !== 'commit') {
      results.push(rendered);
      continue;
    }
    const raw = bytesOfItem(batch, item);
    const commit = { ...item, raw, single: item.single === true };
    const last = await graph(commit, outcome);
    const shown = { ...item, raw, verdict: last };
    results.push(last === outcome ? rendered : renderResult(shown, output));
  }
  return results;
}
