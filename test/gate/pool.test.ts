import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import type { Crypto } from '../../src/core/crypto.ts';
import {
  type Batch,
  createBatchJudge,
  createJudge,
  type JudgedItem,
  type JudgeSettings,
} from '../../src/gate/judge.ts';
import { judgeInOrder, type Pool, poolInPlace, startPool } from '../../src/gate/pool.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { trust, vectors } from '../support/gitsign-vectors.ts';

const settings: JudgeSettings = {
  trust,
  ignoreSct: false,
  now: Date.parse('2027-11-21T00:00:00Z') / 1000,
  format: 'sha1',
  output: 'json',
};
const objects = vectors.filter(({ format }) => format === 'sha1');

function batchOf(members: typeof objects): Batch {
  const bytes = new Uint8Array(members.reduce((sum, { raw }) => sum + raw.length, 0));
  let used = 0;
  const items = members.map(({ id, type, raw }) => {
    const start = used;
    bytes.set(raw, start);
    used += raw.length;
    return { id, type, start, end: used };
  });
  return { bytes, items };
}

/** Batches of unlike sizes, all objects several times. */
async function* batches(rounds = 6): AsyncGenerator<Batch> {
  for (let round = 0; round < rounds; round += 1) {
    const cut = 1 + ((round * 7) % objects.length);
    yield batchOf(objects.slice(0, cut));
    yield batchOf(objects.slice(cut));
  }
}

async function judged(pool: Pool, source = batches()): Promise<readonly JudgedItem[]> {
  const found: JudgedItem[] = [];
  try {
    for await (const result of judgeInOrder(source, pool)) {
      expect(result.batch.bytes.length).toBe(result.batch.items.at(-1)?.end ?? 0);
      found.push(...result.judged);
    }
  } finally {
    await pool.close();
  }
  return found;
}

describe('workers', () => {
  it('workers judge as the main thread does, in the same order, and give the bytes back', async () => {
    const inPlace = await judged(poolInPlace(createJudge(settings, nodeCrypto)));
    expect(inPlace.length).toBe(6 * objects.length);
    expect(await judged(startPool(settings, 3))).toEqual(inPlace);
  });

  it('no more batches than the window are under way', async () => {
    const pool = startPool(settings, 2);
    let [sent, most, done] = [0, 0, 0];
    async function* counted(): AsyncGenerator<Batch> {
      for await (const batch of batches(10)) {
        sent += 1;
        most = Math.max(most, sent - done);
        yield batch;
      }
    }
    try {
      for await (const _ of judgeInOrder(counted(), pool)) done += 1;
    } finally {
      await pool.close();
    }
    expect(done).toBe(sent);
    expect(most).toBeLessThanOrEqual(pool.window + 1);
  });

  it('a worker that fails fails the run, and its objects do not count as judged (S12)', async () => {
    const broken = {
      ...settings,
      trust: { ...trust, tlogs: undefined },
    } as unknown as JudgeSettings;
    await expect(judged(startPool(broken, 2))).rejects.toThrow('in a worker');
  });

  it('a worker that dies fails the run (S12)', async () => {
    const unsendable = { ...settings, format: 'sha1', now: Number.NaN } as JudgeSettings;
    const pool = startPool(unsendable, 1);
    const first = pool.judge(batchOf(objects));
    await pool.close();
    await expect(first).rejects.toThrow('ended early');
    await expect(pool.judge(batchOf(objects))).rejects.toThrow('ended early');
  });
});

describe('a batch whose signatures are verified in a row', () => {
  it('its verdicts are those of one object after the other, and no certificate is proved twice (I05)', async () => {
    const results = async (create: typeof createJudge) => {
      const asked: string[] = [];
      const verify: Crypto['verify'] = (key, hash, data, signature) => {
        asked.push(`${key.kind} ${toHex(nodeCrypto.hash('sha256', data, signature))}`);
        return nodeCrypto.verify(key, hash, data, signature);
      };
      const judge = create(settings, { hash: nodeCrypto.hash, verify });
      return [await judge(batchOf([...objects, ...objects])), asked.toSorted()];
    };
    expect(await results(createBatchJudge)).toEqual(await results(createJudge));
  });
});

describe('in place', () => {
  it("an exception in the main thread's judge fails the run (S12)", async () => {
    const faulty: Crypto = {
      ...nodeCrypto,
      verify: () => {
        throw new Error('broken');
      },
    };
    await expect(judged(poolInPlace(createJudge(settings, faulty)))).rejects.toThrow('broken');
  });
});
