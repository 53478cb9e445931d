/**
 * Reads the file of a shard. Each line is checked down to its last field before anything is reported. The error names the
 * file, the line, what is wrong, and the command that writes the file again.
 */

import { createReadStream, statSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.ts';
import { isRecord, type Json } from '../../core/json.ts';
import { UsageError } from '../../errors.ts';
import { reasonOf } from '../../system/system-error.ts';
import { cutLines } from '../serve/lines.ts';
import {
  chainedDigest,
  endValues,
  FORM,
  type ShardEnd,
  type ShardHead,
  type ShardRecord,
} from './shard-file.ts';
import type { Form } from './shard-form.ts';

const MAX_LINE = 64 * 1024 * 1024;
/** Characters of an unknown form that a message shows. */
const SHOWN = 20;

/** A file that was read to its end. */
export interface ShardFile {
  readonly path: string;
  readonly head: ShardHead;
  readonly end: ShardEnd;
}

function refuse(path: string, what: string, { shard, of }: Partial<ShardHead> = {}): UsageError {
  const which = shard === undefined ? 'x/y' : `${shard}/${of}`;
  const hint = `to write it again: git signet verify --shard ${which} REVISIONS > FILE`;
  return new UsageError(`${path}: ${what}`, { hint });
}

interface Line {
  /** From 1. */
  readonly number: number;
  readonly value: Json;
  readonly bytes: Uint8Array;
}

async function* linesOf(path: string): AsyncGenerator<Line> {
  let number = 0;
  try {
    for await (const line of cutLines(createReadStream(path), MAX_LINE)) {
      number += 1;
      const bytes = line === 'too-long' ? new Uint8Array() : line;
      const text = fromUtf8(bytes);
      let value: unknown;
      try {
        value = JSON.parse(text ?? '');
      } catch {
        value = undefined;
      }
      if (!isRecord(value)) throw refuse(path, `line ${number} is not a JSON object`);
      yield { number, value, bytes };
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refuse(path, reasonOf(error));
  }
}

/** Reads the lines of one file. */
class Reader {
  readonly #path: string;
  readonly #forms: typeof import('./shard-form.ts');
  head: ShardHead | undefined;

  constructor(path: string, forms: typeof import('./shard-form.ts')) {
    this.#path = path;
    this.#forms = forms;
  }

  refuse(what: string): UsageError {
    return refuse(this.#path, what, this.head);
  }

  #checked(form: Form, { value, number }: Line): Json {
    const wrong = form(value, '');
    if (wrong !== undefined) throw this.refuse(`line ${number}: ${wrong}`);
    return value;
  }

  readHead(line: Line): ShardHead {
    const { gitSignetShard: form } = line.value;
    if (form === undefined) throw this.refuse('this is no file of git signet verify --shard');
    if (form !== FORM) {
      const found = JSON.stringify(form).slice(0, SHOWN);
      throw this.refuse(`the form of this file is ${found}, not ${FORM}`);
    }
    const { gitSignetShard: _, ...head } = this.#checked(this.#forms.HEAD_FORM, line);
    this.head = head as unknown as ShardHead;
    const { shard, of } = this.head;
    if (shard < 1 || shard > of) throw this.refuse(`line ${line.number}: there is no such shard`);
    return this.head;
  }

  readRecord(line: Line): ShardRecord {
    return this.#checked(this.#forms.RECORD_FORM, line) as unknown as ShardRecord;
  }

  readEnd(line: Line): ShardEnd {
    const { end: _, ...end } = this.#checked(this.#forms.END_FORM, line);
    return end as unknown as ShardEnd;
  }
}

async function readerOf(path: string): Promise<Reader> {
  // loaded on use: it knows every reason code, and only a merge needs it
  return new Reader(path, await import('./shard-form.ts'));
}

/** Reads a file to its end, and keeps nothing but its first and last line. @throws UsageError */
export async function readShardFile(path: string): Promise<ShardFile> {
  const reader = await readerOf(path);
  // a pipe is empty when it is read again, or never ends
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === false)
    throw reader.refuse('this is no plain file, and a shard is read twice');
  let end: ShardEnd | undefined;
  let judged = 0;
  const digest = chainedDigest();
  for await (const line of linesOf(path)) {
    if (end !== undefined) throw reader.refuse('it goes on behind its end');
    if (reader.head === undefined) reader.readHead(line);
    else if (Object.hasOwn(line.value, 'end')) end = reader.readEnd(line);
    else {
      reader.readRecord(line);
      judged += 1;
    }
    if (end === undefined) digest.add(line.bytes);
  }
  const { head } = reader;
  if (head === undefined) throw reader.refuse('this is no file of git signet verify --shard');
  if (end === undefined) throw reader.refuse('the file has no end, so its shard did not finish');
  if (end.judged !== judged) throw reader.refuse('lines are missing');
  digest.add(endValues(end));
  if (end.lines !== digest.hex()) throw reader.refuse('the file was changed after it was written');
  return { path, head, end };
}

/** Yields the records of a file. The file may be another one by now, so each is checked again. @throws UsageError */
export async function* shardRecords({ path, head, end }: ShardFile): AsyncGenerator<ShardRecord> {
  const reader = await readerOf(path);
  reader.head = head;
  for await (const line of linesOf(path)) {
    if (line.number === 1) continue;
    if (line.number > end.judged + 1) return;
    yield reader.readRecord(line);
  }
}
