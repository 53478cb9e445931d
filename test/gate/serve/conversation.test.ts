import { afterEach, describe, expect, it, vi } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { ConfigError } from '../../../src/errors.ts';
import { converse, OVERTIME, type ServedPolicies } from '../../../src/gate/serve/conversation.ts';
import { DEADLINE, IN_FLIGHT, MAX_LINE } from '../../../src/gate/serve/limits.ts';
import type { ObjectJudge } from '../../../src/gate/serve/object-judge.ts';
import { NoVerdict } from '../../../src/gate/serve/question.ts';
import { Readings } from '../../../src/gate/serve/readings.ts';

const OBJECT = 'a'.repeat(40);
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));
const never = () => new Promise<never>(() => undefined);

interface Answer {
  readonly id: string | null;
  readonly result?: string;
  readonly error?: { readonly code: string; readonly hint?: string };
}

/** A conversation whose questions a test answers. `moment`: what the clocks say, in milliseconds. */
function open(
  judge: ObjectJudge['judge'],
  send: () => Promise<void> = () => Promise.resolve(),
  more: { readonly moment?: () => number; readonly close?: () => Promise<void> } = {},
) {
  const { moment = () => 0, close = async () => undefined } = more;
  const lines: string[] = [];
  const waiting: (string | undefined)[] = [];
  let wake: () => void = () => undefined;
  const put = (line: string | undefined): void => {
    waiting.push(line);
    wake();
  };
  async function* chunks() {
    for (;;) {
      while (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const line = waiting.shift();
      if (line === undefined) return;
      yield utf8(line);
    }
  }
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const policies: ServedPolicies = {
    judgeOf: (policy) => {
      if (policy === 'other') throw new NoVerdict('UNKNOWN_POLICY', 'no such policy');
      return { judge };
    },
    facts: { anyIdentity: true },
    close,
  };
  const ended = converse({
    chunks: chunks(),
    send: async (bytes) => {
      await send();
      lines.push(...Buffer.from(bytes).toString().split('\n').slice(0, -1));
    },
    readings: new Readings({
      open: async () => ({ ...policies }),
      clock: () => ({ steady: moment(), wall: moment() }),
    }),
    greeting: { protocol: 1 },
    stop: stopped,
  });
  const ask = (id: string, more: object = {}): void =>
    put(`${JSON.stringify({ id, object: OBJECT, ...more })}\n`);
  const answers = (): readonly Answer[] => lines.slice(1).map((line) => JSON.parse(line));
  const shown = (): readonly string[] =>
    answers().map(({ id, error, result }) => `${id} ${error?.code ?? result}`);
  return { ask, put, end: () => put(undefined), stop, ended, lines, answers, shown };
}

describe('questions and answers', () => {
  it('each question has one answer with its id, in the order in which verdicts are reached', async () => {
    const talk = open(async ({ id }) => {
      if (id === 'slow') await new Promise((resolve) => setTimeout(resolve, 30));
      return `"${id}"`;
    });
    for (const id of ['slow', 'a', 'b']) talk.ask(id);
    talk.end();
    expect(await talk.ended).toBe(true);
    expect(JSON.parse(talk.lines[0] ?? '')).toEqual({ protocol: 1, anyIdentity: true });
    expect(talk.shown()).toEqual(['a a', 'b b', 'slow slow']);
  });

  it('garbage, errors and failures are answered, and the conversation goes on', async () => {
    const talk = open(async ({ id }) => {
      if (id === 'config') throw new ConfigError('unreadable', { code: 'POLICY_FILE' });
      if (id === 'bug') throw new TypeError('x is undefined');
      return '1';
    });
    talk.put('garbage\n{"id":"q"}\n');
    for (const id of ['config', 'bug']) talk.ask(id);
    talk.ask('named', { policy: 'other' });
    talk.ask('last');
    talk.end();
    await talk.ended;
    expect(talk.shown().toSorted()).toEqual(
      [
        'null BAD_LINE',
        'q BAD_QUESTION',
        'config POLICY_FILE',
        'bug INTERNAL',
        'named UNKNOWN_POLICY',
        'last 1',
      ].toSorted(),
    );
  });

  it('an error says what to do', async () => {
    const talk = open(async () => {
      throw new ConfigError('unreadable', { hint: 'run: git fetch' });
    });
    talk.ask('a');
    talk.put('garbage\n');
    talk.end();
    await talk.ended;
    const hints = new Map(talk.answers().map(({ id, error }) => [id, error?.hint]));
    expect(hints).toEqual(
      new Map([
        ['a', 'run: git fetch'],
        [null, undefined],
      ]),
    );
  });

  it('an object that an older look at the repository lacks is looked for once more', async () => {
    let moment = 0;
    let looks = 0;
    const talk = open(
      async (question) => {
        looks += 1;
        if (looks === 2 && question.id === 'late') return '1';
        throw new NoVerdict('NO_SUCH_OBJECT', 'no such object');
      },
      undefined,
      { moment: () => moment },
    );
    const ask = async (id: string): Promise<readonly [string | undefined, number]> => {
      const before = talk.shown().length;
      looks = 0;
      talk.ask(id);
      while (talk.shown().length === before) await soon();
      return [talk.shown().at(-1), looks];
    };
    expect(await ask('young')).toEqual(['young NO_SUCH_OBJECT', 1]);
    moment = 1000;
    expect(await ask('none')).toEqual(['none NO_SUCH_OBJECT', 2]);
    moment = 2000;
    expect(await ask('late')).toEqual(['late 1', 2]);
    talk.end();
    await talk.ended;
  });

  it('questions about large objects do not wait for each other if the repository is looked at again (I05)', async () => {
    const looked = new Set<string>();
    const talk = open(
      async ({ id }, { take }) => {
        await take(MAX_LINE);
        if (looked.has(id)) return '1';
        looked.add(id);
        await soon();
        throw new NoVerdict('NO_SUCH_OBJECT', 'no such object');
      },
      undefined,
      // each reading is old enough
      { moment: () => 1000 * looked.size },
    );
    for (const id of ['a', 'b']) talk.ask(id, { deadlineMs: 2000 });
    talk.end();
    await talk.ended;
    expect(talk.shown().toSorted()).toEqual(['a 1', 'b 1']);
  });

  it('an id is refused while it is in use, and may be used again after its answer (Q8)', async () => {
    let release: () => void = () => undefined;
    const talk = open(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return '1';
    });
    talk.ask('a');
    talk.ask('a');
    while (talk.shown().length === 0) await soon();
    expect(talk.shown()).toEqual(['a ID_IN_USE']);
    release();
    while (talk.shown().length === 1) await soon();
    talk.ask('a', { deadlineMs: 1 });
    talk.end();
    await talk.ended;
    expect(talk.shown()).toEqual(['a ID_IN_USE', 'a 1', 'a DEADLINE']);
  });
});

describe('ends before a verdict', () => {
  afterEach(() => void vi.useRealTimers());

  it('a deadline and a cancellation give exactly one answer each', async () => {
    const finish: (() => void)[] = [];
    const talk = open(async () => {
      await new Promise<void>((resolve) => finish.push(resolve));
      return '1';
    });
    talk.ask('late', { deadlineMs: 5 });
    talk.ask('cancelled');
    talk.ask('kept');
    talk.put('{"cancel":"cancelled"}\n{"cancel":"unknown"}\n');
    while (talk.shown().length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    for (const each of finish) each();
    talk.end();
    await talk.ended;
    expect(talk.shown().toSorted()).toEqual(['cancelled CANCELLED', 'kept 1', 'late DEADLINE']);
  });

  it('questions that do not end give way to others some time after their deadlines (Q7)', async () => {
    const ends: (() => void)[] = [];
    const talk = open(
      ({ id }) =>
        id === 'next'
          ? Promise.resolve('1')
          : new Promise((_, reject) => ends.push(() => reject(new Error('closed')))),
      undefined,
      // as the store of objects does, whose git hangs
      {
        close: async () => {
          for (const end of ends) end();
        },
      },
    );
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    for (let i = 0; i < IN_FLIGHT; i += 1) talk.ask(`stuck${i}`);
    talk.ask('next');
    while (ends.length < IN_FLIGHT) await soon();
    await vi.advanceTimersByTimeAsync(DEADLINE + OVERTIME - 1);
    expect(talk.shown()).toHaveLength(IN_FLIGHT);
    expect(talk.shown()[0]).toBe('stuck0 DEADLINE');
    await vi.advanceTimersByTimeAsync(1);
    while (talk.shown().length === IN_FLIGHT) await soon();
    expect(talk.shown().at(-1)).toBe('next 1');
    talk.end();
    await talk.ended;
  });

  it('a stop answers questions that take too long with an error', async () => {
    const talk = open(({ id }) => (id === 'quick' ? Promise.resolve('1') : never()));
    talk.ask('quick');
    talk.ask('stuck');
    while (talk.shown().length === 0) await soon();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    talk.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await talk.ended).toBe(true);
    expect(talk.shown()).toEqual(['quick 1', 'stuck STOPPING']);
  });

  it('a stop does not wait for an asker that does not read', async () => {
    let reads = true;
    const talk = open(
      async () => '1',
      () => (reads ? Promise.resolve() : never()),
    );
    talk.ask('a');
    while (talk.shown().length === 0) await soon();
    reads = false;
    talk.ask('b');
    await soon();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    talk.stop();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await talk.ended).toBe(false);
  });
});

describe('an asker that is slow', () => {
  it('no more questions are read than may be in flight (I05, Q7)', async () => {
    let begun = 0;
    const finish: (() => void)[] = [];
    const talk = open(async () => {
      begun += 1;
      await new Promise<void>((resolve) => finish.push(resolve));
      return '1';
    });
    for (let i = 0; i < 3 * IN_FLIGHT; i += 1) talk.ask(String(i));
    for (let i = 0; i < 50; i += 1) await soon();
    expect(begun).toBe(IN_FLIGHT);
    talk.end();
    while (talk.shown().length < 3 * IN_FLIGHT) {
      for (const each of finish.splice(0)) each();
      await soon();
    }
    await talk.ended;
    expect(begun).toBe(3 * IN_FLIGHT);
  });

  it('no more questions are read while a megabyte of answers is unread (I05, Q7)', async () => {
    let read: () => void = () => undefined;
    let begun = 0;
    const large = JSON.stringify('x'.repeat(100_000));
    const talk = open(
      async () => {
        begun += 1;
        return large;
      },
      () =>
        new Promise<void>((resolve) => {
          read = resolve;
        }),
    );
    read();
    for (let i = 0; i < 500; i += 1) talk.ask(String(i));
    talk.end();
    for (let i = 0; i < 500; i += 1) await soon();
    // a megabyte of answers, and what was under way by then
    expect(begun).toBeLessThan(11 + IN_FLIGHT);
    while (talk.lines.length < 501) {
      read();
      await soon();
    }
    expect(await talk.ended).toBe(true);
  });

  it('an asker that has gone ends the conversation', async () => {
    const talk = open(
      async () => '1',
      () => Promise.reject(new Error('gone')),
    );
    talk.ask('a');
    await expect(talk.ended).rejects.toThrow('gone');
  });
});
