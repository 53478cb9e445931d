import { expect, it } from 'vitest';
import { ByteBudget } from '../../../src/gate/serve/share.ts';

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
