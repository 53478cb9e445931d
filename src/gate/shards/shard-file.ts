/**
 * The file of a shard: a line about the run, a line for each object with the verdict on its own evidence, and a last line.
 * Rules that need several commits are settled when all shards are merged.
 */

import { createReadStream } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.ts';
import { isRecord, type Json } from '../../core/json.ts';
import type { Outcome } from '../../core/verdict.ts';
import { UsageError } from '../../errors.ts';
import { reasonOf } from '../../system/system-error.ts';
import { cutLines } from '../serve/lines.ts';

/** The version of the form. */
const FORM = 1;
const MAX_LINE = 64 * 1024 * 1024;

/** What must be the same in every shard of a run, and where they are merged. By name, for messages. */
export type RunKey = Readonly<Record<string, string>>;

/** The first line. */
export interface ShardHead {
  readonly shard: number;
  readonly of: number;
  /** Unix seconds of the start. */
  readonly now: number;
  /** The arguments of `verify`, without those about shards and reports. */
  readonly words: readonly string[];
  readonly run: RunKey;
}

/** The last line. */
export interface ShardEnd {
  /** Objects of this shard, and of the whole run. */
  readonly judged: number;
  readonly total: number;
  /** Digest of the whole run's objects. */
  readonly selection: string;
}

/** The verdict on an object, before the rules that need several commits. */
export interface ShardRecord {
  readonly id: string;
  /** The name that the caller gave it, if that was not its hash. */
  readonly ref?: string;
  readonly outcome: Outcome;
}

/** Returns the first line of a file. */
export function headLine(head: ShardHead): string {
  return `${JSON.stringify({ gitSignetShard: FORM, ...head })}\n`;
}

/** Returns the last line of a file. */
export function endLine(end: ShardEnd): string {
  return `${JSON.stringify({ end: true, ...end })}\n`;
}

function refuse(path: string, what: string): UsageError {
  return new UsageError(`${path}: ${what}`);
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function readHead(path: string, line: Json | undefined): ShardHead {
  const { gitSignetShard: form, shard, of, now, words, run } = line ?? {};
  if (form === undefined) throw refuse(path, 'this is no file of git signet verify --shard');
  if (form !== FORM) throw refuse(path, `the form of this file is ${String(form)}, not ${FORM}`);
  const good = isCount(shard) && isCount(of) && isCount(now) && isTexts(words) && isRecord(run);
  if (!good || shard < 1 || shard > of || !isTexts(Object.values(run))) {
    throw refuse(path, 'its first line cannot be read');
  }
  return { shard, of, now, words, run: run as RunKey };
}

function readEnd(path: string, line: Json | undefined): ShardEnd {
  const { end, judged, total, selection } = line ?? {};
  if (end !== true || !isCount(judged) || !isCount(total) || typeof selection !== 'string') {
    throw refuse(path, 'the file has no end, so its shard did not finish');
  }
  return { judged, total, selection };
}

const STATUSES: readonly unknown[] = [
  'verified',
  'not-allowed',
  'refused',
  'unsigned',
  'undecided',
];

function readRecord(path: string, line: Json): ShardRecord {
  const { id, ref, outcome } = line;
  const good = typeof id === 'string' && (ref === undefined || typeof ref === 'string');
  if (!good || !isRecord(outcome) || !STATUSES.includes(outcome['status'])) {
    throw refuse(path, 'a line cannot be read');
  }
  return { id, ...(ref === undefined ? {} : { ref }), outcome: outcome as unknown as Outcome };
}

async function* linesOf(path: string): AsyncGenerator<Json> {
  try {
    for await (const line of cutLines(createReadStream(path), MAX_LINE)) {
      const text = line === 'too-long' ? undefined : fromUtf8(line);
      let value: unknown;
      try {
        value = JSON.parse(text ?? '');
      } catch {
        value = undefined;
      }
      if (!isRecord(value)) throw refuse(path, 'a line is not a JSON object');
      yield value;
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refuse(path, reasonOf(error));
  }
}

/** A file that was read to its end. */
export interface ShardFile {
  readonly path: string;
  readonly head: ShardHead;
  readonly end: ShardEnd;
}

/** Reads a file to its end, and keeps nothing but its first and last line. @throws UsageError */
export async function readShardFile(path: string): Promise<ShardFile> {
  let head: ShardHead | undefined;
  let last: Json | undefined;
  let judged = -1;
  for await (const line of linesOf(path)) {
    if (head === undefined) head = readHead(path, line);
    else if (last?.['end'] === true) throw refuse(path, 'it goes on behind its end');
    else {
      judged += 1;
      last = line;
    }
  }
  const known = head ?? readHead(path, undefined);
  const end = readEnd(path, last);
  if (end.judged !== judged) throw refuse(path, 'lines are missing');
  return { path, head: known, end };
}

/** Yields the records of a file. @throws UsageError */
export async function* shardRecords({ path, end }: ShardFile): AsyncGenerator<ShardRecord> {
  let at = -1;
  for await (const line of linesOf(path)) {
    at += 1;
    if (at === 0) continue;
    if (at > end.judged) return;
    yield readRecord(path, line);
  }
}
