/** A new root that is proved is kept, whatever fails behind it (TUF specification 1.0.31 §5.3.8). */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { rootsPath } from '../../src/trust/state-file.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import {
  type MirrorClient,
  otherRoot,
  type TestMirror,
  testMirror,
  VECTOR_TARGETS,
} from '../support/tuf-mirror.ts';
import { TUF_ROLES, tufKey } from '../support/tuf-repository.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const FIRST = digestOf(VECTOR_TARGETS['trusted_root.json']);
const SECOND = digestOf(otherRoot('second'));
const second = { ...VECTOR_TARGETS, 'trusted_root.json': otherRoot('second') };
const KEPT = 'its root version 2 proves itself and is kept, and the trust root did not change';

const mirrors: TestMirror[] = [];
const started = async (): Promise<TestMirror> => {
  const mirror = await testMirror();
  mirrors.push(mirror);
  return mirror;
};
let home = '';
beforeEach(() => {
  home = scratchDirectory('kept');
});
afterAll(() => Promise.all(mirrors.map((mirror) => mirror.close())));

const rootsFile = ({ state }: MirrorClient): string => rootsPath(dirname(state));
const keptVersions = (client: MirrorClient): readonly number[] =>
  existsSync(rootsFile(client))
    ? (JSON.parse(readFileSync(rootsFile(client), 'utf8')) as string[]).map(
        (text) => (JSON.parse(text) as { signed: { version: number } }).signed.version,
      )
    : [];

/** A mirror that rotated every key and published another trust root, and a client that has seen only what was before. */
async function rotated(): Promise<{
  mirror: TestMirror;
  client: MirrorClient;
  old: ReadonlyMap<string, Buffer>;
  oldTimestampKeys: ReturnType<TestMirror['repository']['keys']>;
}> {
  const mirror = await started();
  const client = mirror.client(home);
  await client.refresh();
  const old = mirror.keep();
  const oldTimestampKeys = mirror.repository.keys('timestamp');
  mirror.repository.rotate(TUF_ROLES);
  mirror.repository.publish({ targets: second });
  return { mirror, client, old, oldTimestampKeys };
}

type Spoil = (mirror: TestMirror) => void;
const without =
  (pattern: RegExp): Spoil =>
  ({ repository: { files } }) => {
    for (const path of [...files.keys()]) if (pattern.test(path)) files.delete(path);
  };
const STEPS: readonly [string, Spoil, RegExp][] = [
  ['no timestamp', without(/^timestamp/), /timestamp\.json: HTTP 404/],
  [
    'an unsigned timestamp',
    ({ repository: { put, signed } }) => put('timestamp', signed('timestamp'), [tufKey('ecdsa')]),
    /timestamp/,
  ],
  [
    'a timestamp that has expired',
    ({ repository }) => repository.publish({ lifetimes: { timestamp: -60 } }),
    /expired/i,
  ],
  ['no snapshot', without(/snapshot/), /snapshot/],
  [
    'an unsigned snapshot',
    ({ repository: { put, signed } }) => put('snapshot', signed('snapshot'), [tufKey('ecdsa')]),
    /snapshot/,
  ],
  ['no targets metadata', without(/\.targets\.json$/), /targets/],
  ['no trusted root', without(/^targets\/.*trusted_root/), /trusted_root\.json: HTTP 404/],
];

describe('a step that fails after a root rotation', () => {
  it.each(STEPS)(
    'a later failed step keeps the new root and names the failure: %s (T11)',
    async (_, spoil, says) => {
      const { mirror, client } = await rotated();
      const good = mirror.keep();
      spoil(mirror);
      await expect(client.refresh()).rejects.toMatchObject({
        message: expect.stringMatching(says),
        hint: expect.stringContaining(KEPT),
      });
      expect(keptVersions(client)).toEqual([1, 2]);
      // what was trusted before is still in force
      expect(await client.load()).toBe(FIRST);
      mirror.restore(good);
      mirror.repository.publish({ lifetimes: { timestamp: 3600 } });
      mirror.requests.length = 0;
      expect((await client.refresh()).changed).toBe(true);
      expect(mirror.requests[0]).toBe('3.root.json');
      expect(await client.load()).toBe(SECOND);
      expect(existsSync(rootsFile(client))).toBe(false);
    },
  );

  it('a mirror that goes back behind a kept root is refused, even with a fresh timestamp by the old key (T11)', async () => {
    const { mirror, client, old, oldTimestampKeys } = await rotated();
    without(/snapshot/)(mirror);
    await expect(client.refresh()).rejects.toMatchObject({ hint: KEPT });
    mirror.restore(old);
    const expires = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
    const meta = { 'snapshot.json': { version: 1 } };
    await expect(client.refresh()).rejects.toMatchObject({ code: 'TRUST_ANSWER', exitCode: 1 });
    const fresh = { ...mirror.repository.signed('timestamp'), version: 9, expires, meta };
    mirror.repository.put('timestamp', fresh, oldTimestampKeys);
    await expect(client.refresh()).rejects.toMatchObject({
      code: 'TRUST_ANSWER',
      message: expect.stringMatching(/timestamp/),
    });
    expect(keptVersions(client)).toEqual([1, 2]);
    // a client that never saw the new root takes the same: it was the root that decided
    const other = mirror.client(scratchDirectory('never-saw'));
    await other.refresh();
    expect(await other.load()).toBe(FIRST);
  });

  it('the root of a first contact is kept, even if nothing else is (T11)', async () => {
    const mirror = await started();
    mirror.repository.rotate(TUF_ROLES);
    const good = mirror.keep();
    without(/snapshot/)(mirror);
    const client = mirror.client(home);
    await expect(client.refresh()).rejects.toMatchObject({ hint: KEPT });
    expect([existsSync(client.state), keptVersions(client)]).toEqual([false, [1, 2]]);
    await expect(client.load()).rejects.toMatchObject({ code: 'TRUST_FILE' });
    mirror.restore(good);
    mirror.requests.length = 0;
    await client.refresh();
    expect(mirror.requests[0]).toBe('3.root.json');
    expect(await client.load()).toBe(FIRST);
  });

  it('an expired root is kept, so that only a newer one can follow (T11)', async () => {
    const { mirror, client } = await rotated();
    mirror.repository.rotate([], -60);
    await expect(client.refresh()).rejects.toMatchObject({
      message: expect.stringMatching(/expired/i),
      hint: expect.stringContaining('root version 3 proves itself and is kept'),
    });
    expect(keptVersions(client)).toEqual([1, 2, 3]);
    mirror.repository.rotate([], 3600);
    await client.refresh();
    expect(await client.load()).toBe(SECOND);
  });
});

describe('a root that does not prove itself', () => {
  it('a root that does not prove itself is not kept, and the ones before it are (T11)', async () => {
    const { mirror, client } = await rotated();
    const signed = { ...mirror.repository.signed('root'), version: 3 };
    mirror.repository.put('root', signed, [tufKey('ecdsa')]);
    await expect(client.refresh()).rejects.toMatchObject({ hint: KEPT });
    expect(keptVersions(client)).toEqual([1, 2]);
  });
  it('a first new root that does not prove itself leaves nothing behind (T11)', async () => {
    const mirror = await started();
    const client = mirror.client(home);
    await client.refresh();
    const signed = { ...mirror.repository.signed('root'), version: 2 };
    mirror.repository.put('root', signed, [tufKey('ecdsa')]);
    await expect(client.refresh()).rejects.toMatchObject({
      hint: 'nothing was changed, and the trust root before is still in force',
    });
    expect(keptVersions(client)).toEqual([]);
  });
  it.each<[string, (client: MirrorClient, other: TestMirror) => string]>([
    ['no JSON', () => '['],
    ['no list', () => '{}'],
    ['roots of nothing', () => '["x"]'],
    ['no root', () => '[]'],
    [
      'a root of another mirror',
      (client, other) =>
        JSON.stringify([
          JSON.parse(readFileSync(client.state, 'utf8')).roots[0],
          other.repository.root(2).toString(),
        ]),
    ],
  ])('a forged root in the file has no effect: %s (T11)', async (_, content) => {
    const { mirror, client } = await rotated();
    const other = await started();
    other.repository.rotate(TUF_ROLES);
    writeFileSync(rootsFile(client), content(client, other));
    mirror.requests.length = 0;
    await client.refresh();
    expect(mirror.requests[0]).toBe('2.root.json');
    expect(await client.load()).toBe(SECOND);
  });
});
