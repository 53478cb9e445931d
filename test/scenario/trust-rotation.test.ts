/**
 * An instance over the years: its logs sharded and rotated twice, its timestamp authority and its CA replaced, the keys
 * of its trust root too. What was signed then verifies, what is signed now uses what is there now, and the same program
 * has done all of it: everything that changed was data on the mirror (threats T08, R17).
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { TrustState } from '../../src/trust/state-file.ts';
import { type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { partsOf, succession, targetsOf } from '../support/instance.ts';
import { scratchDirectory, scratchSandbox } from '../support/sandbox.ts';
import {
  makeTufRepository,
  type TufRepository,
  type TufServer,
} from '../support/tuf-repository.ts';
import { commitPayload, resultsOf, signet, withSignature } from '../support/verify-scenario.ts';

const HOUR = 3_600_000;
const NOW = Date.now();
/** When the second and the third era began. */
const SECOND = NOW - 400 * 24 * HOUR;
const THIRD = NOW - 24 * HOUR;

let eras: readonly [Sandbox, Sandbox, Sandbox];
let mirror: TufRepository;
let server: TufServer;
let repository: ScratchRepository;
/** Its keys are older than its era. */
let thirdClock = (): number => THIRD - 240 * HOUR;
const at = (time: number) => ({ clock: () => time });

beforeAll(async () => {
  eras = await Promise.all([
    scratchSandbox(at(SECOND - 300 * 24 * HOUR)),
    scratchSandbox(at(SECOND + 100 * 24 * HOUR)),
    scratchSandbox({ clock: () => thirdClock() }),
  ]);
  thirdClock = Date.now;
  mirror = makeTufRepository({ targets: targetsOf(trustAfter(1)) });
  server = await mirror.serve();
  repository = scratchRepository('rotation');
  const root = `${scratchDirectory('root')}/1.root.json`;
  writeFileSync(root, mirror.root(1));
  const init = ['trust', 'init', '--mirror', server.url, '--root', root];
  expect((await signet(repository, init)).exit).toBe(0);
});
afterAll(() => Promise.all([server.close(), ...eras.map((sandbox) => sandbox.close())]));

/** What the instance says of itself in its first, second or third era: all that was, with its dates. */
function trustAfter(count: 1 | 2 | 3) {
  const [first, second, third] = eras;
  const all = [
    [partsOf(first, 1), { end: SECOND }],
    [partsOf(second, 2), { start: SECOND, end: THIRD }],
    [partsOf(third, 2), { start: THIRD }],
  ] as const;
  return succession(
    all.slice(0, count).map(([parts, { ...period }], index) => {
      const { end: _, ...open } = period as { start?: number; end?: number };
      return [parts, index === count - 1 ? open : period] as const;
    }),
  );
}

async function signedIn(era: 0 | 1 | 2, more: { readonly at?: number } = {}): Promise<string> {
  const payload = commitPayload({ subject: `of era ${era + 1}` });
  const { armor } = await eras[era].issueSignature(Buffer.from(payload), {
    ...(era === 0 ? { rekor: 1 as const } : { rekor: 2 as const, timestamp: true }),
    ...more,
  });
  return repository.write('commit', withSignature(payload, armor));
}

const judged = async (id: string) => {
  const answered = await signet(repository, [
    'verify',
    '--format',
    'jsonl',
    '--unsafe-any-identity',
    id,
  ]);
  return resultsOf(answered)[0];
};

/** The last look at the mirror, moved into the past. That date has no signature. */
function age(days: number): void {
  const kept = `${repository.home}/.local/share/git-signet/trust`;
  const paths = readdirSync(kept, { recursive: true, encoding: 'utf8' })
    .filter((name) => basename(name) === 'state.json')
    .map((name) => join(kept, name));
  expect(paths.length).toBeGreaterThan(0);
  const refreshed = Math.floor(NOW / 1000) - days * 86_400;
  for (const path of paths) {
    const state = JSON.parse(readFileSync(path, 'utf8')) as TrustState;
    writeFileSync(path, JSON.stringify({ ...state, refreshed }));
  }
}

async function signNow(): Promise<{ id: string; talk: string }> {
  const before = eras.map(({ requests }) => ({ ...requests }));
  const token = await eras[2].mintToken({ email: 'alice@example.test' });
  const payload = commitPayload({ subject: 'of today' });
  const { exit, out, talk } = await signet(repository, ['--status-fd=2', '-bsau', 'alice'], {
    env: { SIGSTORE_ID_TOKEN: token },
    input: payload,
  });
  expect(exit, talk).toBe(0);
  const asked = eras.map(({ requests: { fulcio, rekorV2, tsa } }, index) => [
    fulcio - (before[index]?.fulcio ?? 0),
    rekorV2 - (before[index]?.rekorV2 ?? 0),
    tsa - (before[index]?.tsa ?? 0),
  ]);
  expect(asked.slice(0, 2)).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(asked[2]?.map((count) => count > 0)).toEqual([true, true, true]);
  return { id: repository.write('commit', withSignature(payload, out)), talk };
}

describe('one instance, three eras, one program', () => {
  it('in the first era its own signatures verify, and later ones do not', async () => {
    expect(await judged(await signedIn(0))).toMatchObject({ status: 'verified' });
    expect(await judged(await signedIn(1))).toMatchObject({
      status: 'refused',
      code: 'log-unknown',
    });
  });

  it('in the second era all logs, authorities and mirror keys are new', async () => {
    mirror.rotate(['root', 'targets']);
    mirror.publish({ targets: targetsOf(trustAfter(2)) });
    expect(await signet(repository, ['trust', 'update'])).toMatchObject({
      exit: 0,
      out: expect.stringContaining('a new trust root'),
    });
    expect(await judged(await signedIn(0))).toMatchObject({ status: 'verified' });
    expect(await judged(await signedIn(1))).toMatchObject({ status: 'verified' });
  });

  it('in the third era a signature after some time asks the mirror first', async () => {
    mirror.rotate(['root', 'snapshot', 'timestamp']);
    mirror.publish({ targets: targetsOf(trustAfter(3)) });
    age(20);
    const { id } = await signNow();
    expect(await judged(id)).toMatchObject({ status: 'verified' });
    for (const era of [0, 1, 2] as const)
      expect(await judged(await signedIn(era))).toMatchObject({ status: 'verified' });
    const { out } = await signet(repository, ['trust', 'show']);
    expect(out.match(/^ {2}CA /gm)).toHaveLength(3);
    expect(out.match(/^ {2}log /gm)).toHaveLength(6);
    expect(out.match(/^ {2}TSA /gm)).toHaveLength(3);
    expect(out).toMatch(/root 3 \(until .*targets 5 /);
  });

  it('the keys of an era count only in their era (R17)', async () => {
    const unknown = { status: 'refused', code: 'log-unknown' };
    const verified = { status: 'verified' };
    expect(await judged(await signedIn(0, { at: SECOND - HOUR }))).toMatchObject(verified);
    expect(await judged(await signedIn(0, { at: SECOND + HOUR }))).toMatchObject(unknown);
    expect(await judged(await signedIn(2, { at: THIRD + HOUR }))).toMatchObject(verified);
    const early = await judged(await signedIn(2, { at: THIRD - HOUR }));
    expect([early?.status, early?.code]).toEqual(['refused', 'timestamp-untrusted']);
  });

  it('a mirror that is down fails no signature while the files on disk can be used, and no verification', async () => {
    await server.close();
    age(9);
    const { id } = await signNow();
    expect(await judged(id)).toMatchObject({ status: 'verified' });
  });

  it('if a mirror drops an old key, old signatures say so and are not called forged (T08)', async () => {
    const [, second, third] = eras;
    const parts = succession([
      [partsOf(second, 2), { start: SECOND, end: THIRD }],
      [partsOf(third, 2), { start: THIRD }],
    ]);
    const again = makeTufRepository({ targets: targetsOf(parts) });
    const other = await again.serve();
    try {
      const root = `${scratchDirectory('root')}/1.root.json`;
      writeFileSync(root, again.root(1));
      const init = ['trust', 'init', '--mirror', other.url, '--root', root];
      expect((await signet(repository, init)).exit).toBe(0);
      const result = await judged(await signedIn(0));
      expect([result?.status, result?.code]).toEqual(['refused', 'log-unknown']);
    } finally {
      await other.close();
    }
  });
});
