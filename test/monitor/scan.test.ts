/** A tiled log is read in order and to its end: all that concerns a watched identity is found, and nothing is passed over. */

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { LogLie, newestHead } from '../../src/monitor/follow.ts';
import { createEntryJudge } from '../../src/monitor/logged-signature.ts';
import { type ScanContext, scanEntries } from '../../src/monitor/scan.ts';
import { EMPTY, type LogFinding, type ScanCursor } from '../../src/monitor/state.ts';
import { namedRule, watchFor } from '../../src/monitor/watch.ts';
import { openTiles } from '../../src/services/log-tiles.ts';
import { nodeCrypto as crypto } from '../../src/system/crypto.ts';
import {
  answer,
  type Bodies,
  entryBy,
  strangerBodies,
  type TiledLog,
  tiledLog,
} from '../support/tiled-log.ts';

const ALICE = 'alice@example.test';
const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main';
const START: ScanCursor = EMPTY;
const strangers = strangerBodies();
const trust = entryBy(ALICE).trust;

/** The strangers' entries, with these at some positions. */
const planted =
  (at: ReadonlyMap<number, Uint8Array>): Bodies =>
  (index) =>
    at.get(index) ?? strangers(index);

interface Scanned {
  readonly cursors: ScanCursor[];
  readonly found: LogFinding[];
  readonly run: (from?: ScanCursor, more?: Partial<ScanContext>) => ReturnType<typeof scanEntries>;
}

function scanOf(log: TiledLog, names: readonly string[] = [ALICE]): Scanned {
  const cursors: ScanCursor[] = [];
  const found: LogFinding[] = [];
  const judge = createEntryJudge(watchFor(names.map((name) => namedRule(name))), crypto, trust);
  const reader = openTiles(log.url, { send: log.send, crypto });
  const run: Scanned['run'] = async (from = START, more = {}) => {
    const head = await newestHead({
      ...{ reader, log: log.trusted, crypto, kept: '', wait: async () => undefined },
    });
    return scanEntries(from, {
      ...{ reader, log: log.trusted, crypto, judge, head },
      keep: async (cursor, more) => {
        cursors.push(cursor);
        found.push(...more);
      },
      isExplained: async () => false,
      ...more,
    });
  };
  return { cursors, found, run };
}

const indexes = (found: readonly LogFinding[]): readonly string[] =>
  found.map((one) =>
    one.is === 'signature' ? one.signature.index : `unreadable ${one.entry.index}`,
  );

describe('a scan', () => {
  it('finds the signatures of a watched identity, and goes on from its position', async () => {
    const log = tiledLog(
      700,
      planted(
        new Map(
          [0, 255, 256, 511, 699, 701, 899].map((at) => [at, entryBy(ALICE, { count: at }).body]),
        ),
      ),
    );
    const scan = scanOf(log);
    await scan.run();
    expect(indexes(scan.found)).toEqual(['0', '255', '256', '511', '699']);
    const [first] = scan.found;
    expect(first).toMatchObject({
      is: 'signature',
      signature: {
        log: log.url,
        kind: 'hashedrekord 0.0.2',
        leaf: entryBy(ALICE, { count: 0 }).leaf,
        signer: { value: ALICE, issuer: 'https://accounts.forge.test' },
      },
    });
    log.grow(200);
    await scan.run(scan.cursors.at(-1));
    expect(indexes(scan.found).slice(5)).toEqual(['701', '899']);
    expect(scan.cursors.map(({ size }) => size)).toEqual([700, 900]);
  });

  it('finds a workflow, and not one whose repository has a longer name', async () => {
    const log = tiledLog(10, planted(new Map([[4, entryBy(WORKFLOW).body]])));
    const scan = scanOf(log, [WORKFLOW]);
    await scan.run();
    expect(indexes(scan.found)).toEqual(['4']);
  });

  it('takes a certificate that no trusted authority issued for no signature (M07)', async () => {
    const forged = entryBy(ALICE, { root: (spec) => ({ ...spec, serial: Uint8Array.of(9) }) });
    const junk = entryBy(ALICE, {
      leafDer: (der) => {
        const changed = Buffer.from(der);
        changed[changed.length - 3] = (changed[changed.length - 3] ?? 0) ^ 1;
        return changed;
      },
    });
    const log = tiledLog(
      3,
      planted(
        new Map([
          [1, junk.body],
          [2, forged.body],
        ]),
      ),
    );
    const scan = scanOf(log);
    expect(await scan.run()).toMatchObject({ unverified: 1 });
    // the second is by the trusted intermediate all the same
    expect(indexes(scan.found)).toEqual(['2']);
  });

  it('reports an entry that names a watched identity and cannot be read (M08)', async () => {
    const base64 = Buffer.from(`....${ALICE}....`).toString('base64');
    const log = tiledLog(3, planted(new Map([[1, utf8(`{"kind":"hashedrekord",${base64}`)]])));
    const scan = scanOf(log);
    await scan.run();
    expect(indexes(scan.found)).toEqual(['unreadable 1']);
    expect(scan.cursors).toHaveLength(1);
  });

  it('reads a tiled log whose files are at its own address, without the prefix of Rekor v2', async () => {
    const log = tiledLog(300, planted(new Map([[260, entryBy(ALICE).body]])));
    const send: typeof log.send = (request) => {
      const { pathname } = new URL(request.url);
      const prefixed = pathname.startsWith('/api/v2/');
      return prefixed
        ? Promise.resolve(answer(404))
        : log.send({ ...request, url: `${log.url}/api/v2${pathname}` });
    };
    const scan = scanOf({ ...log, send });
    await scan.run();
    expect(indexes(scan.found)).toEqual(['260']);
  });

  it('is explained by the exact entry only', async () => {
    const log = tiledLog(
      4,
      planted(new Map([1, 2].map((at) => [at, entryBy(ALICE, { count: at }).body]))),
    );
    const scan = scanOf(log);
    const known = entryBy(ALICE, { count: 1 }).leaf;
    await scan.run(START, { isExplained: async ({ leaf }) => leaf === known });
    expect(indexes(scan.found)).toEqual(['2']);
  });
});

describe('the position of a scan', () => {
  it('stays before a bundle that is broken, and passes what came before it (M03)', async () => {
    const hits = new Map([100, 600].map((at) => [at, entryBy(ALICE, { count: at }).body]));
    const log = tiledLog(900, planted(hits));
    const scan = scanOf(log);
    log.intercept = (path) =>
      path.endsWith('entries/002') ? answer(200, 'half a bund') : undefined;
    await expect(scan.run()).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
    expect(scan.cursors.map(({ size }) => size)).toEqual([512]);
    expect(indexes(scan.found)).toEqual(['100']);
    log.intercept = (path) => (path.endsWith('entries/003.p/132') ? answer(503) : undefined);
    await expect(scan.run(scan.cursors[0])).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    log.intercept = undefined;
    await scan.run(scan.cursors.at(-1));
    expect(indexes(scan.found)).toEqual(['100', '600']);
    expect(scan.cursors.at(-1)?.size).toBe(900);
  });

  it('stays before entries that are not those of the signed tree, and they are no findings (M09)', async () => {
    const log = tiledLog(600, strangers);
    const other = tiledLog(600, planted(new Map([[300, entryBy(ALICE).body]])));
    const scan = scanOf(log);
    const { body } = await other.send({
      ...{ service: '', method: 'GET', url: `${other.url}/api/v2/tile/entries/001` },
    });
    log.intercept = (path) =>
      path.endsWith('entries/001') ? answer(200, Buffer.from(body)) : undefined;
    await expect(scan.run()).rejects.toMatchObject({ kind: 'not-in-tree' });
    await expect(scan.run()).rejects.toBeInstanceOf(LogLie);
    expect([scan.cursors, scan.found]).toEqual([[], []]);
  });

  it('reaches the signed size of a log that grows while it is read', async () => {
    const hits = new Map([[750, entryBy(ALICE).body]]);
    const log = tiledLog(700, planted(hits));
    const scan = scanOf(log);
    log.intercept = (path) => {
      if (path.endsWith('entries/000')) log.grow(400);
      // a tile that has filled up is no longer there in part
      return path.endsWith('.p/188') ? answer(404) : undefined;
    };
    await scan.run();
    expect(scan.cursors.map(({ size }) => size)).toEqual([700]);
    expect(scan.found).toEqual([]);
    await scan.run(scan.cursors[0]);
    expect(indexes(scan.found)).toEqual(['750']);
  });
});

describe('a long log', () => {
  it('of 100,000 entries holds 40 signatures of three identities: all are found, and no other entry', {
    timeout: 120_000,
  }, async () => {
    const names = [ALICE, 'bob@corp.example', WORKFLOW];
    const places = Array.from({ length: 40 }, (_, at) => (at * 2_641 + 7 * at * at) % 100_000);
    const hits = new Map(
      places.map((at, count) => [at, entryBy(names[count % 3] ?? '', { count }).body]),
    );
    const log = tiledLog(100_000, planted(hits));
    const scan = scanOf(log, names);
    const counts = await scan.run();
    expect(counts).toEqual({ read: 100_000, unverified: 0 });
    const sorted = places.toSorted((one, other) => one - other).map(String);
    expect(indexes(scan.found)).toEqual(sorted);
    expect(scan.cursors.length).toBe(2);
  });
});
