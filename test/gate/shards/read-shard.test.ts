import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { readShardFile, shardRecords } from '../../../src/gate/shards/read-shard.ts';
import { headLine, shardLines } from '../../../src/gate/shards/shard-file.ts';
import { outcome } from '../../support/judged-samples.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const directory = scratchDirectory('shard-file');
const HEAD = { shard: 1, of: 2, now: 7, words: ['--', 'main'], run: { ref: 'main' } };
const ID = 'ab'.repeat(20);
const OTHER = 'cd'.repeat(20);
const RECORD = JSON.stringify({ id: ID, outcome: outcome('unsigned') });
const SELECTION = 'd'.repeat(64);

function fileOf(records: readonly string[], end: object = {}): Buffer {
  const lines = shardLines();
  const texts = [headLine(HEAD), ...records].map(lines.line);
  const last = { judged: records.length, total: 2 * records.length, selection: SELECTION };
  return Buffer.from(texts.join('') + lines.end({ ...last, ...end }));
}

function written(content: Buffer | string): string {
  const path = join(directory, 'a.shard');
  writeFileSync(path, content);
  return path;
}

it('a file that was written is read again', async () => {
  const file = await readShardFile(written(fileOf([RECORD, RECORD])));
  expect(file.head).toEqual(HEAD);
  expect(file.end).toMatchObject({ judged: 2, total: 4, selection: SELECTION });
  const records: object[] = [];
  for await (const record of shardRecords(file)) records.push(record);
  expect(records).toEqual([JSON.parse(RECORD), JSON.parse(RECORD)]);
});

it('a file without objects is read', async () => {
  const file = await readShardFile(written(fileOf([])));
  for await (const record of shardRecords(file)) expect(record).toBe('absent');
});

it('a change of any byte is an error (U2)', async () => {
  const good = fileOf([RECORD]);
  for (let at = 0; at < good.length; at += 1) {
    const bent = Buffer.from(good);
    bent[at] = (bent[at] ?? 0) ^ 1;
    await expect(readShardFile(written(bent)), `byte ${at}`).rejects.toThrow('a.shard: ');
  }
});

it('a cut at any byte is an error (U2)', async () => {
  const good = fileOf([RECORD]);
  for (let length = 0; length < good.length - 1; length += 1) {
    await expect(readShardFile(written(good.subarray(0, length)))).rejects.toThrow('a.shard: ');
  }
});

it('lines that are doubled, swapped or left out are an error (U2)', async () => {
  const other = RECORD.replace(ID, OTHER);
  const [head = '', one = '', two = '', end = ''] = fileOf([RECORD, other]).toString().split('\n');
  const wrong = [
    [head, two, one, end],
    [head, one, one, end],
    [head, one, end],
    [head, one, two, two, end],
    [head, one, two, end, end],
    [one, two, end],
    [head, one, two],
  ];
  for (const lines of wrong) {
    await expect(readShardFile(written(lines.join('\n')))).rejects.toThrow('a.shard: ');
  }
});

it('a record that changes between two readings is checked again (U4)', async () => {
  const file = await readShardFile(written(fileOf([RECORD])));
  written(fileOf([RECORD.replace('"unsigned"', '"good"')]));
  await expect(shardRecords(file).next()).rejects.toThrow(UsageError);
});
