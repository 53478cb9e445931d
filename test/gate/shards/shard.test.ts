import { expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { openSelection, readShard, type Shard, selected } from '../../../src/gate/shards/shard.ts';

const ids = Array.from({ length: 23 }, (_, at) => String(at));

async function* groups() {
  for (let at = 0; at < ids.length; at += 4) yield ids.slice(at, at + 4).map((id) => ({ id }));
}

async function shared(shard?: Shard) {
  const selection = openSelection();
  const mine: string[] = [];
  for await (const group of selected(groups(), selection, shard)) {
    mine.push(...group.map(({ id }) => id));
  }
  return { mine, count: selection.count(), digest: selection.digest() };
}

it('the shards of a run hold each object once, and name the same run (U1)', async () => {
  const whole = await shared();
  expect(whole.mine).toEqual(ids);
  for (const count of [1, 2, 3, 16, 40]) {
    const all: string[] = [];
    for (let index = 1; index <= count; index += 1) {
      const { mine, ...run } = await shared({ index, count });
      expect(run).toEqual({ count: whole.count, digest: whole.digest });
      expect(mine).toEqual(ids.filter((_, at) => at % count === index - 1));
      all.push(...mine);
    }
    expect(all.toSorted()).toEqual(ids.toSorted());
  }
});

it('another object, order, name or number of objects is another run (U2)', () => {
  const digestOf = (...requests: { readonly id: string; readonly ref?: string }[]): string => {
    const selection = openSelection();
    for (const request of requests) selection.add(request);
    return selection.digest();
  };
  const runs = [
    [],
    [{ id: 'a' }],
    [{ id: 'b' }],
    [{ id: 'a' }, { id: 'b' }],
    [{ id: 'b' }, { id: 'a' }],
    [{ id: 'a', ref: 'main' }, { id: 'b' }],
    [{ id: 'a' }, { id: 'b', ref: 'main' }],
  ];
  const digests = runs.map((run) => digestOf(...run));
  expect(new Set(digests).size).toBe(runs.length);
  expect(digestOf({ id: 'a' }, { id: 'b' })).toBe(digests[3]);
});

it('a shard is x/y with x from 1 to y, and nothing else', () => {
  expect(readShard('3/16')).toEqual({ index: 3, count: 16 });
  expect(readShard('1024/1024')).toEqual({ index: 1024, count: 1024 });
  for (const text of ['', '1', '0/1', '2/1', '1/1025', '01/2', '1/2/3', ' 1/2', '-1/2', '1.0/2']) {
    expect(() => readShard(text), text).toThrow(UsageError);
  }
});
