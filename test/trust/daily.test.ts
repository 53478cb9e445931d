import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/settings/load.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { type DailyOptions, lookDaily, trustForSigning } from '../../src/trust/daily.ts';
import type { TrustState } from '../../src/trust/state-file.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { type TestMirror, testMirror } from '../support/tuf-mirror.ts';

const DAY = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);
const mirrors: TestMirror[] = [];
let data = '';
beforeEach(() => {
  data = scratchDirectory('daily');
});
afterAll(() => Promise.all(mirrors.map((mirror) => mirror.close())));

async function optionsFor(trust: string): Promise<DailyOptions> {
  const env = { XDG_DATA_HOME: data };
  const settings = await loadSettings({
    env,
    cwd: data,
    gitConfig: '',
    flags: { trust },
  });
  return { settings, crypto: nodeCrypto, env, now };
}

/** A mirror that was looked at so many days ago. */
async function scene(days: number) {
  const mirror = await testMirror();
  mirrors.push(mirror);
  const client = mirror.client(join(data, 'git-signet/trust'));
  await client.refresh();
  const state = JSON.parse(readFileSync(client.state, 'utf8')) as TrustState;
  writeFileSync(client.state, JSON.stringify({ ...state, refreshed: now() - days * DAY }));
  mirror.requests.length = 0;
  const refreshed = (): number =>
    (JSON.parse(readFileSync(client.state, 'utf8')) as TrustState).refreshed;
  const options = await optionsFor(mirror.setting);
  return { mirror, client, refreshed, begun: now(), options };
}

describe('the daily look', () => {
  it('the mirror is not asked again within a day', async () => {
    const { mirror, options } = await scene(0.5);
    await (await lookDaily(options)).finished;
    expect(mirror.requests).toEqual([]);
  });
  it('the mirror is asked beside the login after a day', async () => {
    const { mirror, options, refreshed, begun } = await scene(2);
    const { finished } = await lookDaily(options);
    await finished;
    expect(mirror.requests).toContain('timestamp.json');
    expect(refreshed()).toBeGreaterThanOrEqual(begun);
  });
  it('a signature waits for the mirror after a week', async () => {
    const { options, refreshed, begun } = await scene(8);
    await lookDaily(options);
    expect(refreshed()).toBeGreaterThanOrEqual(begun);
  });
  it('a mirror that does not answer is not asked again for some hours, and fails no signature', async () => {
    const { mirror, client, options, refreshed, begun } = await scene(8);
    const before = refreshed();
    const files = mirror.keep();
    mirror.repository.files.clear();
    await (await lookDaily(options)).finished;
    const asked = mirror.requests.length;
    expect(asked).toBeGreaterThan(0);
    await (await lookDaily(options)).finished;
    expect(mirror.requests).toHaveLength(asked);
    expect(refreshed()).toBe(before);
    mirror.restore(files);
    const tried = join(dirname(client.state), 'tried');
    utimesSync(tried, now() - DAY, now() - DAY);
    await lookDaily(options);
    expect(refreshed()).toBeGreaterThanOrEqual(begun);
  });
  it('no mirror is asked if the trust root is a file', async () => {
    const options = await optionsFor('/nowhere/trusted_root.json');
    expect(await lookDaily(options)).toEqual({ finished: expect.any(Promise) });
  });
});

describe('trust for signing', () => {
  it('a signature asks a mirror that was never asked', async () => {
    const mirror = await testMirror();
    mirrors.push(mirror);
    const trust = await trustForSigning(await optionsFor(mirror.setting));
    expect(trust.mirror?.refreshed).toBeGreaterThan(0);
    mirror.requests.length = 0;
    await trustForSigning(await optionsFor(mirror.setting));
    expect(mirror.requests).toEqual([]);
  });
  it('a signature waits for another process that asks the mirror, as long as for the mirror itself (T07)', async () => {
    const mirror = await testMirror();
    mirrors.push(mirror);
    const options = await optionsFor(mirror.setting);
    const { source } = mirror.client(join(data, 'git-signet/trust'));
    const lock = join(source.directory ?? '', 'lock');
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, '');
    setTimeout(() => rmSync(lock), 1500);
    expect((await trustForSigning(options)).mirror?.refreshed).toBeGreaterThan(0);
  });
  it('a trust root that cannot be kept is an error of configuration, and does not blame the mirror', async () => {
    const mirror = await testMirror();
    mirrors.push(mirror);
    writeFileSync(join(data, 'git-signet'), 'a file where a folder should be');
    await expect(trustForSigning(await optionsFor(mirror.setting))).rejects.toMatchObject({
      exitCode: 2,
    });
  });
  it('a signature fails if the mirror must be asked and cannot be', async () => {
    const options = await optionsFor(`http://127.0.0.1:9#root-1-${'0'.repeat(64)}`);
    await expect(trustForSigning(options)).rejects.toMatchObject({ exitCode: 3 });
  });
  it('an edited state file is an error, and is not silently replaced (T01)', async () => {
    const { client, mirror, options } = await scene(2);
    writeFileSync(client.state, '{}');
    await expect(trustForSigning(options)).rejects.toMatchObject({ code: 'TRUST_FILE' });
    expect(mirror.requests).toEqual([]);
  });
});
