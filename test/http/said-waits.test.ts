import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpAnswer } from '../../src/http/message.ts';
import { sayingWaits } from '../../src/http/said-waits.ts';

const REQUEST = {
  service: 'the log',
  method: 'POST',
  url: 'https://log.example.test/api/v1/log/entries?secret=x',
} as const;
const ANSWER: HttpAnswer = { status: 200, headers: {}, body: new Uint8Array() };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is said about a request whose answer takes so many milliseconds. */
async function saidIn(milliseconds: number, more: { readonly deadline?: number } = {}) {
  const said: string[] = [];
  const answer = () => new Promise<HttpAnswer>((r) => setTimeout(() => r(ANSWER), milliseconds));
  const terminal = { say: (line: string) => void said.push(line) };
  const send = sayingWaits(answer, { terminal, timeout: 30 });
  const answered = send({ ...REQUEST, ...more });
  await vi.advanceTimersByTimeAsync(milliseconds);
  expect(await answered).toBe(ANSWER);
  await vi.advanceTimersByTimeAsync(60_000);
  return said;
}

describe('a request that takes long', () => {
  it('a wait is said once, with service, host and limit, without its address', async () => {
    expect(await saidIn(20_000)).toEqual(['waiting for the log (log.example.test, up to 30 s)']);
    expect(await saidIn(3001, { deadline: 4 })).toEqual([
      'waiting for the log (log.example.test, up to 4 s)',
    ]);
  });

  it('a wait is not said if the answer or the failure comes in time', async () => {
    expect(await saidIn(2900)).toEqual([]);
    const said: string[] = [];
    const terminal = { say: (line: string) => void said.push(line) };
    const failing = sayingWaits(() => Promise.reject(new Error('refused')), {
      ...{ terminal, timeout: 30 },
    });
    await expect(failing(REQUEST)).rejects.toThrow('refused');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toEqual([]);
  });
});
