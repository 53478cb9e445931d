/** Puts the shards of a run together again. The union must be the whole run, each object once, or nothing is decided. */

import { UsageError } from '../../errors.ts';
import { type Output, renderResult } from '../../report/formats.ts';
import { bytesOfItem, type Judge, type JudgedItem } from '../judge.ts';
import type { PolicyPlan } from '../plan.ts';
import type { VerifySetup } from '../setup.ts';
import { readShardFile, type ShardFile, shardRecords } from './read-shard.ts';
import { runKey } from './run-key.ts';
import { openSelection, type Selection, selected } from './shard.ts';
import type { RunKey, ShardRecord } from './shard-file.ts';

/** All shards of one run. */
export interface ShardSet {
  /** In the order of their numbers. */
  readonly files: readonly ShardFile[];
  readonly words: readonly string[];
  readonly run: RunKey;
  /** Unix seconds: the start of the last shard. */
  readonly now: number;
}

/** @throws UsageError that names the first difference */
function sameRun(path: string, run: RunKey, expected: RunKey): void {
  const names = new Set([...Object.keys(run), ...Object.keys(expected)]);
  const other = [...names].find((name) => run[name] !== expected[name]);
  if (other === undefined) return;
  const shown = `${run[other] ?? 'none'} and ${expected[other] ?? 'none'}`;
  throw new UsageError(`${path} is a shard of another run: ${other} differs (${shown})`);
}

/** Reads the files and checks that they are the shards of one run. @throws UsageError for one that is missing, doubled, broken or of another run */
export async function readShardSet(paths: readonly string[]): Promise<ShardSet> {
  const files: ShardFile[] = [];
  for (const path of paths) files.push(await readShardFile(path));
  const [first] = files;
  if (first === undefined) throw new UsageError('name the files of all shards');
  const { of, run, words } = first.head;
  const keyOf = ({ head, end }: ShardFile): RunKey => ({
    ...head.run,
    arguments: head.words.join(' '),
    shards: String(head.of),
    objects: String(end.total),
    selection: end.selection,
  });
  const byNumber = new Map<number, ShardFile>();
  for (const file of files) {
    sameRun(file.path, keyOf(file), keyOf(first));
    const { shard } = file.head;
    const twin = byNumber.get(shard);
    if (twin !== undefined) {
      throw new UsageError(`shard ${shard}/${of} is given twice: ${twin.path} and ${file.path}`);
    }
    byNumber.set(shard, file);
  }
  const numbers = Array.from({ length: of }, (_, at) => at + 1);
  const missing = numbers.filter((number) => !byNumber.has(number));
  if (missing.length > 0) {
    const names = missing.map((each) => `${each}/${of}`);
    throw new UsageError(`shards are missing: ${names.join(', ')}`, {
      hint: `give the file of each shard. It is written by: git signet verify --shard ${names[0]} REVISIONS > FILE`,
    });
  }
  const ordered = numbers.flatMap((number) => byNumber.get(number) ?? []);
  for (const { path, head, end } of ordered) {
    const due = Math.ceil(Math.max(0, end.total - (head.shard - 1)) / of);
    if (end.judged !== due) {
      throw new UsageError(`${path} holds ${end.judged} objects, and its share is ${due}`);
    }
  }
  return { files: ordered, words, run, now: Math.max(...ordered.map(({ head }) => head.now)) };
}

/** Yields the records of all shards in the order of the run. @throws UsageError */
export async function* recordsOf({ files }: Pick<ShardSet, 'files'>): AsyncGenerator<ShardRecord> {
  const sources = files.map(shardRecords);
  try {
    for (let at = 0; ; at += 1) {
      const step = await sources[at % sources.length]?.next();
      if (step === undefined || step.done === true) return;
      yield step.value;
    }
  } finally {
    for (const source of sources) await source.return(undefined);
  }
}

/** Yields the names that a run got on standard input. */
export async function* namesOf(set: Pick<ShardSet, 'files'>): AsyncGenerator<string> {
  for await (const { ref, id } of recordsOf(set)) yield ref ?? id;
}

/** Checks that the shards were set up as the run here is. How the shards used the log need not be the same here. */
function checkRun({ files, run }: ShardSet, here: RunKey): void {
  const { log: _, ...same } = run;
  sameRun(files[0]?.path ?? '', same, here);
}

/** Checks that the run here had the objects of the shards. @throws UsageError */
function checkSelection({ files }: ShardSet, selection: Selection): void {
  const [first] = files;
  const same = first?.end.total === selection.count() && first.end.selection === selection.digest();
  if (!same) throw otherObjects();
}

function otherObjects(): UsageError {
  return new UsageError('the shards are about other objects than this repository names now', {
    hint: 'give full hashes to verify --shard, so that no ref can move',
  });
}

/** Returns a judge that takes each verdict from its shard. It checks no signature. */
function recordedJudge(set: ShardSet, output: Output): Judge {
  const records = recordsOf(set);
  return async (batch) => {
    const judged: JudgedItem[] = [];
    for (const item of batch.items) {
      const { value: record, done } = await records.next();
      if (done === true || record.id !== item.id) throw otherObjects();
      const raw = item.preset === undefined ? { raw: bytesOfItem(batch, item) } : {};
      const { outcome } = record;
      judged.push({ ...renderResult({ ...item, ...raw, verdict: outcome }, output), outcome });
    }
    return judged;
  };
}

type MergedPlan = Pick<PolicyPlan, 'requests' | 'graph' | 'total'>;

/** The part of a run that is different if the verdicts come from shards. */
export interface ShardMerge {
  readonly judge: Judge;
  /** Returns the plan, and watches its objects. @throws UsageError if their number is another one */
  readonly planned: (plan: MergedPlan) => MergedPlan;
  /** Checks, after the last object, that the run was that of the shards. @throws UsageError */
  readonly check: () => void;
}

/** Begins to merge shards in a run that was set up as they were. @throws UsageError */
export function openMerge(set: ShardSet, setup: VerifySetup, output: Output): ShardMerge {
  checkRun(set, runKey(setup));
  const selection = openSelection();
  return {
    judge: recordedJudge(set, output),
    planned: (plan) => {
      const { total } = plan;
      if (total !== undefined && total !== set.files[0]?.end.total) throw otherObjects();
      return { ...plan, requests: selected(plan.requests, selection) };
    },
    check: () => checkSelection(set, selection),
  };
}
