/** The desktop's own keyring: gnome-keyring in a session of its own, through both the helper and the built program. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askKeyring, keyringAddress, openKeyring } from '../../../src/agent/keyring/keyring.ts';
import { Secret } from '../../../src/system/secret.ts';
import { runMeanwhile } from '../../support/git-repository.ts';
import { type DesktopKeyring, desktopKeyring } from '../../support/keyring.ts';
import { programUnderTest } from '../../support/program.ts';
import { scratchDirectory } from '../../support/sandbox.ts';
import { haveTools } from '../../support/tools.ts';

const entry = new URL('../../../src/main.ts', import.meta.url).pathname;
const present = haveTools('dbus-run-session', 'gnome-keyring-daemon', 'secret-tool');
const address = '0123abcd:alice@example.test';

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

describe.skipIf(!present)('the keyring of a desktop', () => {
  const [home, locked] = [scratchDirectory('keyring'), scratchDirectory('keyring')];
  let desktop: DesktopKeyring;
  beforeAll(async () => {
    desktop = await desktopKeyring(home, 'correct horse');
  });
  afterAll(async () => {
    await desktop.close();
    for (const each of [home, locked]) rmSync(each, { recursive: true, force: true });
  });

  it('the keyring keeps a secret, gives it back and forgets it, and the secret is not on disk in the clear (D19)', async () => {
    const keyring = await openKeyring({ env: desktop.env, entry });
    expect(keyring).toBeDefined();
    expect(await keyring?.get(address)).toBeUndefined();
    expect(await keyring?.set(address, new Secret('refresh-7081'))).toBe(true);
    expect((await keyring?.get(address))?.reveal()).toBe('refresh-7081');
    expect(await keyring?.get('0123abcd:bob@example.test')).toBeUndefined();
    const files = filesBelow(home);
    expect(files.some((path) => path.endsWith('.keyring'))).toBe(true);
    expect(files.filter((path) => readFileSync(path).includes('refresh-7081'))).toEqual([]);
    await keyring?.delete(address);
    expect(await keyring?.get(address)).toBeUndefined();
  });

  it('a logout clears the entries of git-signet, and no other (D19 D20)', async () => {
    const keyring = await openKeyring({ env: desktop.env, entry });
    const committer = keyringAddress('0123abcd', 'Alicé <alice@example.test>');
    const ours = [address, '4567abcd:bob@example.test', committer];
    for (const each of ours) expect(await keyring?.set(each, new Secret('refresh'))).toBe(true);
    expect((await keyring?.get(committer))?.reveal()).toBe('refresh');
    const store = (service: string) =>
      spawnSync(
        'secret-tool',
        ['store', '--label=x', 'service', service, 'username', 'foreign', 'target', 'default'],
        { env: desktop.env, input: 'theirs' },
      );
    expect([store('git-signet').status, store('other').status]).toEqual([0, 0]);
    expect(await keyring?.clear()).toBeUndefined();
    for (const each of ours) expect(await keyring?.get(each)).toBeUndefined();
    for (const service of ['git-signet', 'other']) {
      const args = ['lookup', 'service', service, 'username', 'foreign'];
      const found = spawnSync('secret-tool', args, { env: desktop.env, encoding: 'utf8' });
      expect([service, found.stdout]).toEqual([service, 'theirs']);
    }
    expect(await keyring?.clear()).toBeUndefined();
  });

  it('the program carries the library, and leaves no file of it behind (D19)', async () => {
    const ask = async (question: object) => {
      const options = { cwd: home, env: { ...desktop.env, TMPDIR: home } };
      const input = Buffer.from(JSON.stringify(question));
      const ran = await runMeanwhile(programUnderTest(), ['keyring'], { ...options, input });
      return JSON.parse(ran.out) as unknown;
    };
    expect(await ask({ operation: 'set', address, secret: 'refresh-7082' })).toEqual({
      done: true,
    });
    expect(await ask({ operation: 'get', address })).toEqual({
      done: true,
      secret: 'refresh-7082',
    });
    expect(filesBelow(home).filter((path) => path.endsWith('.node'))).toEqual([]);
  });

  it('another program’s entry under the name of git-signet is left alone (D19)', async () => {
    const theirs = ['service', 'git-signet', 'username', 'theirs', 'target', 'default'];
    const stored = spawnSync('secret-tool', ['store', '--label=theirs', ...theirs], {
      env: desktop.env,
      input: 'their-secret',
    });
    expect(stored.status, stored.stderr.toString()).toBe(0);
    const ask = (operation: 'get' | 'set' | 'delete') =>
      askKeyring(
        { operation, address: 'theirs', ...(operation === 'set' ? { secret: 'ours' } : {}) },
        { env: desktop.env, entry },
      );
    expect(await ask('get')).toEqual({ done: true });
    expect((await ask('set')).problem).toMatch(/another program/);
    expect((await ask('delete')).problem).toMatch(/another program/);
    const after = spawnSync('secret-tool', ['lookup', ...theirs], { env: desktop.env });
    expect(after.stdout.toString()).toBe('their-secret');
  });

  it('a locked keyring keeps nothing, answers in time, and nothing goes to a file instead (D19)', async () => {
    const closed = await desktopKeyring(locked);
    try {
      const options = { env: closed.env, entry, deadline: 4 };
      const answer = await askKeyring(
        { operation: 'set', address, secret: 'refresh-7083' },
        options,
      );
      expect(answer.done).toBe(false);
      const files = filesBelow(locked);
      expect(files.filter((path) => readFileSync(path).includes('refresh-7083'))).toEqual([]);
    } finally {
      await closed.close();
    }
  });
});
