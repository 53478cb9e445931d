import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { lockDirectory } from '../../src/monitor/lock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'git-signet-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A process id that is not in use: beyond what Linux gives out. */
const DEAD = 4_194_399;

describe('the lock of a monitor', () => {
  it('is held by one, and free after it (M17)', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'CONFIG' });
    lock.check();
    await lock.release();
    await (await lockDirectory(directory)).release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('of a dead process is taken over at once, of another machine after a minute (M17)', async () => {
    const path = join(directory, 'lock');
    writeFileSync(path, `${DEAD} ${hostname()} x`);
    await (await lockDirectory(directory)).release();
    writeFileSync(path, `${DEAD} elsewhere x`);
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'CONFIG' });
    const old = new Date(Date.now() - 120_000);
    utimesSync(path, old, old);
    const lock = await lockDirectory(directory);
    // and the one that was asleep meanwhile notices it
    writeFileSync(path, `1 elsewhere y`);
    expect(lock.check).toThrow(ConfigError);
    await lock.release();
    expect(readdirSync(directory)).toEqual(['lock']);
  });
});
