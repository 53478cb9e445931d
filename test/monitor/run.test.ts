/** One run after the other over the same logs: what is told, what is remembered, and what a log is caught at. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MonitorEvent } from '../../src/monitor/run.ts';
import { readStates, type StatePlace } from '../../src/monitor/state.ts';
import { logFreshness, unexplainedEntries } from '../../src/monitor/unexplained.ts';
import { Secret } from '../../src/system/secret.ts';
import { ALICE, monitorOnce, NOW } from '../support/monitor-run.ts';
import {
  answer,
  type Bodies,
  entryBy,
  strangerBodies,
  type TiledLog,
  tiledLog,
} from '../support/tiled-log.ts';

let directory: string;
let place: StatePlace;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-signet-monitor-test-'));
  place = { directory };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const strangers = strangerBodies();
const by = (count: number) => entryBy(ALICE, { count });
const T0 = 1_800_000_000;

/** Strangers, with alice's entries at these positions. */
function logWith(size: number, at: readonly number[], origin?: string): TiledLog {
  const hits = new Map(at.map((index) => [index, by(index).body]));
  const bodies: Bodies = (index) => hits.get(index) ?? strangers(index);
  return tiledLog(size, bodies, origin);
}

const told = (events: readonly MonitorEvent[]): readonly string[] =>
  events.map((one) => {
    if (one.event === 'unexplained-entry') return `entry ${one.entry.index}`;
    return one.event === 'lying-log' ? `${one.event}: ${one.kind}` : one.event;
  });

/** Shows the log at an earlier size. */
function shrink(log: TiledLog, size: number): void {
  log.intercept = (path) =>
    path.endsWith('/checkpoint') ? answer(200, log.note(size)) : undefined;
}

describe('a run', () => {
  it('tells each entry once, and tells again what a run that was killed had not told (M10)', async () => {
    const log = logWith(600, [3, 500]);
    const killed = await monitorOnce(place, [log]);
    expect(told(killed.events)).toEqual(['entry 3', 'entry 500']);
    const second = await monitorOnce(place, [log]);
    expect(told(second.events)).toEqual(['entry 3', 'entry 500']);
    await second.told();
    expect((await monitorOnce(place, [log])).events).toEqual([]);
    expect(unexplainedEntries(place).map(({ index }) => index)).toEqual(['3', '500']);
  });

  it('that dies before any one of its writes loses nothing (M10)', async () => {
    const logs = [logWith(600, [3, 500]), logWith(300, [7], 'other.forge.test')];
    const expected = ['entry 3', 'entry 500', 'entry 7'];
    let dead = 0;
    for (let writes = 0; ; writes += 1) {
      rmSync(directory, { recursive: true });
      let left = writes;
      const check = (): void => {
        if (left === 0) throw new TypeError('killed');
        left -= 1;
      };
      const heard: string[] = [];
      const survived = await monitorOnce(place, logs, { check })
        .then(async ({ events, told: forget }) => {
          heard.push(...told(events));
          await forget();
          return true;
        })
        .catch((error: unknown) => {
          expect(error).toBeInstanceOf(TypeError);
          return false;
        });
      const again = await monitorOnce(place, logs);
      expect([...new Set([...heard, ...told(again.events)])].toSorted()).toEqual(expected);
      if (survived) break;
      dead += 1;
    }
    expect(dead).toBeGreaterThan(6);
  });

  it('is silent about entries that the ledger holds, and looks once more before it tells (M06)', async () => {
    const log = logWith(10, [2, 5]);
    const line = { time: T0, identity: ALICE, log: log.url };
    const readLedger = () => [{ ...line, leaf: by(2).leaf }];
    const run = await monitorOnce(place, [log], { readLedger });
    expect(told(run.events)).toEqual(['entry 5']);
    const later = () => [...readLedger(), { ...line, leaf: by(5).leaf }];
    expect((await monitorOnce(place, [log], { readLedger: later })).events).toEqual([]);
  });

  it('says whether the ledger could know of an entry', async () => {
    const log = logWith(10, [2]);
    const line = { identity: ALICE, log: log.url, leaf: by(9).leaf };
    const says = async (time?: number) => {
      const readLedger = () => (time === undefined ? [] : [{ ...line, time }]);
      const [event] = (await monitorOnce(place, [log], { readLedger })).events;
      return event?.event === 'unexplained-entry' ? event.ledger : event;
    };
    expect(await says()).toBe('none');
    expect(await says(T0 - 100)).toBe('does-not-know-it');
    expect(await says(T0 + 100)).toBe('begins-later');
  });

  it('with --init begins at the present end', async () => {
    const log = logWith(300, [3]);
    expect((await monitorOnce(place, [log], { init: true })).events).toEqual([]);
    log.grow(100);
    const grown = await monitorOnce(place, [log]);
    expect([grown.events, grown.outcomes.map(({ read }) => read)]).toEqual([[], [100]]);
  });

  it('reads a log that was added from its first entry, and a log that cannot be read is told (M11)', async () => {
    const first = logWith(10, []);
    await monitorOnce(place, [first], { init: true });
    const added = logWith(20, [0], 'added.forge.test');
    expect(told((await monitorOnce(place, [first, added])).events)).toEqual(['entry 0']);
    added.intercept = () => answer(503);
    const run = await monitorOnce(place, [first, added]);
    // what is already known is told all the same
    expect(told(run.events)).toEqual(['unread-log', 'entry 0']);
  });

  it('does not need a log that has ended and was read to its end', async () => {
    const log = logWith(10, []);
    const ended = { ...log, trusted: { ...log.trusted, validFor: { start: 0, end: NOW - 10 } } };
    await monitorOnce(place, [ended]);
    log.intercept = () => answer(404);
    ended.intercept = log.intercept;
    expect((await monitorOnce(place, [ended])).events).toEqual([]);
    expect(logFreshness(place)).toEqual([]);
  });

  it('remembers when each log was last read to its end (M12)', async () => {
    const log = logWith(10, []);
    expect(logFreshness(place)).toEqual([]);
    await monitorOnce(place, [log]);
    expect(logFreshness(place)).toEqual([
      { url: log.url, how: 'entries', readToEnd: NOW, untold: 0 },
    ]);
    log.grow(1);
    log.intercept = (path) => (path.includes('/entries/') ? answer(500) : undefined);
    await monitorOnce(place, [log], { now: () => NOW + 9999 });
    expect(logFreshness(place)[0]?.readToEnd).toBe(NOW);
  });
});

describe('a log that lies', () => {
  const evidence = (): readonly Record<string, string>[] =>
    readdirSync(join(directory, 'evidence')).map((name) =>
      JSON.parse(readFileSync(join(directory, 'evidence', name), 'utf8')),
    );

  it('by a shorter tree is caught, asked again first, and both notes are kept (M02)', async () => {
    const log = logWith(300, []);
    await monitorOnce(place, [log]);
    shrink(log, 200);
    let waits = 0;
    const run = await monitorOnce(place, [log], {
      wait: async () => {
        waits += 1;
      },
    });
    expect([told(run.events), waits]).toEqual([['lying-log: shortened'], 3]);
    expect(evidence()).toMatchObject([
      { kind: 'shortened', earlier: log.note(300), later: log.note(200) },
    ]);
    await monitorOnce(place, [log]);
    expect(evidence()).toHaveLength(1);
    // one of several servers lagged
    let asked = 0;
    log.intercept = (path) =>
      path.endsWith('/checkpoint') && asked++ < 3 ? answer(200, log.note(200)) : undefined;
    expect((await monitorOnce(place, [log])).events).toEqual([]);
  });

  it('by two trees of one size is caught, and its position stays (M02)', async () => {
    const log = logWith(300, []);
    await monitorOnce(place, [log]);
    const before = readStates(place);
    const fork = logWith(300, [7]);
    expect(told((await monitorOnce(place, [fork])).events)).toEqual(['lying-log: forked']);
    expect(readStates(place)).toEqual(before);
    expect(evidence()).toMatchObject([{ earlier: log.note(), later: fork.note() }]);
  });

  it('by a longer tree that does not continue the old one is caught (M02)', async () => {
    const log = logWith(300, []);
    await monitorOnce(place, [log]);
    const fork = logWith(700, [7]);
    expect(told((await monitorOnce(place, [fork])).events)).toEqual(['lying-log: not-continued']);
  });

  it('by the checkpoint of another log, or an unsigned one, is caught (M13)', async () => {
    const log = logWith(300, []);
    const other = logWith(300, [], 'other.forge.test');
    const answers = [other.note(), log.note().replace(/(\n300\n)/, '\n301\n')];
    for (const text of answers) {
      log.intercept = (path) => (path.endsWith('/checkpoint') ? answer(200, text) : undefined);
      const { events } = await monitorOnce(place, [log]);
      expect(told(events)).toEqual(['lying-log: foreign-checkpoint']);
    }
    log.intercept = (path) => (path.endsWith('/checkpoint') ? answer(200, 'soon') : undefined);
    expect(told((await monitorOnce(place, [log])).events)).toEqual(['unread-log']);
  });

  it('does not keep the other logs from being read', async () => {
    const [log, other] = [logWith(300, []), logWith(9, [4], 'other.forge.test')];
    await monitorOnce(place, [log]);
    shrink(log, 100);
    expect(told((await monitorOnce(place, [log, other])).events)).toEqual([
      'lying-log: shortened',
      'entry 4',
    ]);
  });
});

describe('state that travels', () => {
  const key = new Secret('0123456789abcdef');

  it('is taken only if the secret authenticates it, file by file (M14)', async () => {
    const log = logWith(300, [7]);
    const sealed = { directory, key };
    await monitorOnce(sealed, [log]);
    expect(readStates(sealed)).toHaveLength(1);
    const [name = ''] = readdirSync(directory).filter((each) => each.endsWith('.json'));
    const path = join(directory, name);
    const good = readFileSync(path, 'utf8');
    const forgeries = [
      good.replace('"size":300', '"size":299'),
      good.slice(0, good.lastIndexOf('\nhmac')),
      good.replace(/[0-9a-f]{64}\n$/, `${'0'.repeat(64)}\n`),
    ];
    for (const text of forgeries) {
      writeFileSync(path, text);
      await expect(monitorOnce(sealed, [log])).rejects.toThrow(/SIGNET_MONITOR_KEY/);
    }
    writeFileSync(path, good);
    const other = { directory, key: new Secret('another secret of 16') };
    await expect(monitorOnce(other, [log])).rejects.toThrow(/SIGNET_MONITOR_KEY/);
    expect(told((await monitorOnce(sealed, [log])).events)).toEqual(['entry 7']);
  });

  it('that is cut short or belongs to another log is refused, with what to do', async () => {
    const log = logWith(30, []);
    await monitorOnce(place, [log]);
    const [name = ''] = readdirSync(directory);
    writeFileSync(join(directory, name), '{"schemaVersion":1');
    await expect(monitorOnce(place, [log])).rejects.toMatchObject({ code: 'CONFIG' });
  });
});

describe('unexplained entries', () => {
  it('are given by identity and window', async () => {
    const log = logWith(10, [2, 5]);
    await (await monitorOnce(place, [log])).told();
    const [start, end] = [T0 - 5, T0 + 595];
    const count = (query: Parameters<typeof unexplainedEntries>[1]) =>
      unexplainedEntries(place, query).length;
    expect(count({ identity: ALICE, from: end, until: end + 9 })).toBe(2);
    expect(count({ from: end + 1 })).toBe(0);
    expect(count({ until: start })).toBe(2);
    expect(count({ until: start - 1 })).toBe(0);
    expect(count({ identity: 'bob@example.test' })).toBe(0);
    expect(count({ issuer: 'https://accounts.forge.test' })).toBe(2);
    expect(count({ issuer: 'https://other.test' })).toBe(0);
  });
});
