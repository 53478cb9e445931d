import { expect, it } from 'vitest';
import { ByteBudget, inTurns } from '../../../src/gate/serve/share.ts';

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

it('no more bytes are held at once than the limit, and no later holder overtakes (I05)', async () => {
  const budget = new ByteBudget(10);
  const held: string[] = [];
  const take = (name: string, bytes: number) =>
    budget.take(bytes).then((release) => {
      held.push(name);
      return release;
    });
  const first = await take('six', 6);
  const second = take('seven', 7);
  const third = take('one', 1);
  await soon();
  expect(held).toEqual(['six']);
  first();
  (await second)();
  (await third)();
  expect(held).toEqual(['six', 'seven', 'one']);
});

it('an object over the limit is held alone', async () => {
  const budget = new ByteBudget(10);
  const large = await budget.take(11);
  let other = false;
  void budget.take(0).then(() => {
    other = true;
  });
  await soon();
  expect(other).toBe(false);
  large();
  await soon();
  expect(other).toBe(true);
});

it('work in turns does not overlap, and goes on after a failure', async () => {
  const inTurn = inTurns();
  const steps: string[] = [];
  const work = (name: string) => async () => {
    steps.push(`${name} begins`);
    await soon();
    steps.push(`${name} ends`);
    if (name === 'a') throw new Error('a fails');
  };
  const [a, b] = [inTurn(work('a')), inTurn(work('b'))];
  await expect(a).rejects.toThrow();
  await b;
  expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});
