/**
 * The file of a shard: a line about the run, a line for each object with the verdict on its own evidence, and a last line
 * with a digest of the others. The digest finds damage. It proves no author, because every writer can compute it. Rules
 * that need several commits are settled when all shards are merged.
 */

import { createReadStream, statSync } from 'node:fs';
import { fromUtf8, toHex, utf8 } from '../../core/bytes.ts';
import { isRecord, type Json } from '../../core/json.ts';
import type { Outcome } from '../../core/verdict.ts';
import { UsageError } from '../../errors.ts';
import { nodeCrypto } from '../../system/crypto.ts';
import { reasonOf } from '../../system/system-error.ts';
import { cutLines } from '../serve/lines.ts';

/** The version of the form. */
const FORM = 2;
const MAX_LINE = 64 * 1024 * 1024;
/** Most shards of a run. */
export const MAX_SHARDS = 1024;
/** Unix seconds of the last date that JavaScript can write. */
const MAX_TIME = 8_640_000_000_000;

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
  /** Digest of the lines before this one, and of the values above. */
  readonly lines: string;
}

/** The verdict on an object, before the rules that need several commits. */
export interface ShardRecord {
  readonly id: string;
  /** The name that the caller gave it, if that was not its hash. */
  readonly ref?: string;
  readonly outcome: Outcome;
}

/** A digest over many pieces, each added to the digest of those before it. */
export interface ChainedDigest {
  readonly add: (piece: Uint8Array) => void;
  /** SHA-256, lower-case hex. */
  readonly hex: () => string;
}

/** Returns the digest of nothing. */
export function chainedDigest(): ChainedDigest {
  let digest = new Uint8Array();
  return {
    add: (piece) => {
      digest = new Uint8Array(nodeCrypto.hash('sha256', digest, piece));
    },
    hex: () => toHex(digest),
  };
}

/** Writes the lines of a shard. */
export interface ShardLines {
  /** Returns a line with its end. */
  readonly line: (text: string) => string;
  /** Returns the last line. */
  readonly end: (end: Omit<ShardEnd, 'lines'>) => string;
}

const endValues = ({ judged, total, selection }: Omit<ShardEnd, 'lines'>): Uint8Array =>
  utf8(`${judged} ${total} ${selection}`);

/** Begins the lines of a file. */
export function shardLines(): ShardLines {
  const digest = chainedDigest();
  return {
    line: (text) => {
      digest.add(utf8(text));
      return `${text}\n`;
    },
    end: (end) => {
      digest.add(endValues(end));
      return `${JSON.stringify({ end: true, ...end, lines: digest.hex() })}\n`;
    },
  };
}

/** Returns the first line of a file. */
export function headLine(head: ShardHead): string {
  return JSON.stringify({ gitSignetShard: FORM, ...head });
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
  const bounded = good && shard >= 1 && shard <= of && of <= MAX_SHARDS && now <= MAX_TIME;
  if (!bounded || !isTexts(Object.values(run))) {
    throw refuse(path, 'its first line cannot be read');
  }
  return { shard, of, now, words, run: run as RunKey };
}

function readEnd(path: string, line: Json | undefined): ShardEnd {
  const { end, judged, total, selection, lines } = line ?? {};
  const digests = typeof selection === 'string' && typeof lines === 'string';
  if (end !== true || !isCount(judged) || !isCount(total) || !digests) {
    throw refuse(path, 'the file has no end, so its shard did not finish');
  }
  return { judged, total, selection, lines };
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

async function* linesOf(path: string): AsyncGenerator<{ value: Json; bytes: Uint8Array }> {
  try {
    for await (const line of cutLines(createReadStream(path), MAX_LINE)) {
      const bytes = line === 'too-long' ? new Uint8Array() : line;
      const text = fromUtf8(bytes);
      let value: unknown;
      try {
        value = JSON.parse(text ?? '');
      } catch {
        value = undefined;
      }
      if (!isRecord(value)) throw refuse(path, 'a line is not a JSON object');
      yield { value, bytes };
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
  // a pipe is empty when it is read again, or never ends
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw refuse(path, 'this is no plain file, and a shard is read twice');
  let head: ShardHead | undefined;
  let last: Json | undefined;
  let judged = -1;
  const digest = chainedDigest();
  for await (const { value, bytes } of linesOf(path)) {
    if (last?.['end'] === true) throw refuse(path, 'it goes on behind its end');
    if (head === undefined) head = readHead(path, value);
    else {
      judged += 1;
      last = value;
    }
    if (last?.['end'] !== true) digest.add(bytes);
  }
  const known = head ?? readHead(path, undefined);
  const end = readEnd(path, last);
  if (end.judged !== judged) throw refuse(path, 'lines are missing');
  digest.add(endValues(end));
  if (end.lines !== digest.hex()) throw refuse(path, 'the file was changed after it was written');
  return { path, head: known, end };
}

/** Yields the records of a file. @throws UsageError */
export async function* shardRecords({ path, end }: ShardFile): AsyncGenerator<ShardRecord> {
  let at = -1;
  for await (const { value } of linesOf(path)) {
    at += 1;
    if (at === 0) continue;
    if (at > end.judged) return;
    yield readRecord(path, value);
  }
}
