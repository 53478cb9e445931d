import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { namesOf, readShardSet } from '../../../src/gate/shards/merge.ts';
import { headLine, shardLines } from '../../../src/gate/shards/shard-file.ts';
import { outcome } from '../../support/judged-samples.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

const directory = scratchDirectory('shard-merge');
const RUN = { version: '1', build: 'b', 'trust root': 't', policy: 'p' };
const TOTAL = 8;
const idOf = (at: number): string => String(at).padStart(40, '0');
const digestOf = (digit: string): string => digit.repeat(64);
/** What each object has as its verdict. */
const OUTCOME = outcome('unsigned');

interface Changes {
  readonly of?: number;
  readonly now?: number;
  readonly words?: readonly string[];
  readonly run?: Readonly<Record<string, string>>;
  readonly ids?: readonly string[];
  readonly total?: number;
  readonly selection?: string;
}

/** Writes a shard of a run of eight objects, and returns its path. */
function shard(number: number, changes: Changes = {}): string {
  const {
    of = 3,
    now = number,
    words = ['--', 'main'],
    total = TOTAL,
    selection = digestOf('a'),
  } = changes;
  const all = Array.from({ length: total }, (_, at) => idOf(at));
  const ids = changes.ids ?? all.filter((_, at) => at % of === number - 1);
  const lines = shardLines();
  const head = { shard: number, of, now, words, run: { ...RUN, ...changes.run } };
  const records = ids.map((id) => JSON.stringify({ id, outcome: OUTCOME }));
  const text = [headLine(head), ...records].map(lines.line).join('');
  const path = join(directory, `${number}-${of}-${Object.keys(changes).join('-')}.shard`);
  writeFileSync(path, text + lines.end({ judged: ids.length, total, selection }));
  return path;
}

it('shards in any order give the objects in the order of the run, at the time of the last (U1)', async () => {
  const set = await readShardSet([shard(3), shard(1), shard(2)]);
  const names: string[] = [];
  for await (const name of namesOf(set)) names.push(name);
  expect(names).toEqual(Array.from({ length: TOTAL }, (_, at) => idOf(at)));
  expect(set.now).toBe(3);
});

it.each<[string, Changes, string]>([
  ['another version', { run: { version: '2' } }, 'version differs (2 and 1)'],
  ['another build', { run: { build: 'c' } }, 'build differs (c and b)'],
  ['another trust root', { run: { 'trust root': 'u' } }, 'trust root differs (u and t)'],
  ['another policy', { run: { policy: 'q' } }, 'policy differs (q and p)'],
  ['a setting that no other has', { run: { more: 'x' } }, 'more differs (x and none)'],
  ['other arguments', { words: ['--', 'next'] }, 'arguments differs'],
  ['another number of objects', { total: 9 }, 'objects differs (9 and 8)'],
  ['other objects', { selection: digestOf('b') }, 'selection differs (bbbb'],
  ['another number of shards', { of: 4 }, 'shards differs (4 and 3)'],
  ['too few objects', { ids: [idOf(1)] }, 'holds 1 objects, and its share is 3'],
])('a shard with %s is not merged (U2)', async (_name, changes, message) => {
  const paths = [shard(1), shard(2, changes), shard(3)];
  await expect(readShardSet(paths)).rejects.toThrow(message);
  await expect(readShardSet([shard(1), shard(2), shard(3)])).resolves.toBeDefined();
});

it('a shard that is missing or doubled is named (U2)', async () => {
  await expect(readShardSet([shard(1), shard(3)])).rejects.toThrow('2/3');
  const twice = [shard(1), shard(2), shard(3), shard(2, { now: 2 })];
  await expect(readShardSet(twice)).rejects.toThrow('2/3');
  await expect(readShardSet([])).rejects.toThrow(UsageError);
});
