import { expect, it } from 'vitest';
import { inTurns } from '../../src/system/turns.ts';

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

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
