/**
 * A login that outlives its agent: signet.keyring allows the refresh token to be kept by the desktop's keyring. Without
 * that word nothing is kept, and logout leaves nothing behind.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DesktopKeyring, desktopKeyring } from '../support/keyring.ts';
import { countLogins, type Machine, machineAt } from '../support/machine.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const present = haveTools('dbus-run-session', 'gnome-keyring-daemon', 'secret-tool');

describe.skipIf(!present)('a login and the keyring (D19 D20)', () => {
  const sandbox = useSandbox();
  const home = scratchDirectory('keyring-login');
  let desktop: DesktopKeyring;
  let machine: Machine;
  beforeAll(async () => {
    mkdirSync(join(home, 'keys'));
    desktop = await desktopKeyring(join(home, 'keys'), 'correct horse');
  });
  afterAll(async () => {
    await machine.close();
    await desktop.close();
    rmSync(home, { recursive: true, force: true });
  });

  /** What the keyring holds of ours, as another program sees it. */
  const kept = (): string => {
    const found = spawnSync('secret-tool', ['search', '--all', 'service', 'git-signet'], {
      env: desktop.env,
    });
    return found.stdout.toString() + found.stderr.toString();
  };

  it('if the setting allows it, the next agent renews from the keyring without a question, and logout clears it', async () => {
    const logins = countLogins(sandbox());
    machine = await machineAt(sandbox());
    const { git, repository, signet } = machine;
    const at = await repository('work');
    const bus = { DBUS_SESSION_BUS_ADDRESS: desktop.env['DBUS_SESSION_BUS_ADDRESS'] ?? '' };
    const allowed = { ...bus, SIGNET_KEYRING: 'yes' };
    const commit = async (env: Readonly<Record<string, string>>): Promise<void> => {
      const ran = await git(at, ['commit', '-q', '--allow-empty', '-m', 'a change'], env);
      expect(ran.exit, ran.err).toBe(0);
    };
    const restart = async (): Promise<void> =>
      expect((await signet(at, ['agent', 'stop', '--all'])).exit).toBe(0);

    await commit(bus);
    await restart();
    expect(kept()).not.toContain('git-signet:1:');
    await commit(allowed);
    expect(logins.count().logins).toBe(2);
    expect(kept()).toContain('git-signet:1:');

    await restart();
    await commit(allowed);
    expect(logins.count().logins).toBe(2);
    const { here } = JSON.parse((await signet(at, ['status', '--json'], { env: allowed })).out);
    expect(here.credential).toMatchObject({ identity: 'alice@example.test', renewals: 1 });

    // the agent has gone, what it left has not
    await restart();
    await signet(at, ['logout'], { env: allowed });
    expect(kept()).not.toContain('git-signet:1:');
    await commit(allowed);
    expect(logins.count().logins).toBe(3);
    const ran = await signet(at, ['logout'], { env: allowed });
    expect([ran.exit, kept()]).toEqual([0, expect.not.stringContaining('git-signet:1:')]);

    // also what an agent of other settings left, which nothing here has the address of
    await commit({ ...allowed, SIGNET_CONNECTOR_ID: 'https://other.test' });
    await restart();
    expect(kept()).toContain('git-signet:1:');
    await signet(at, ['logout'], { env: allowed });
    expect(kept()).toContain('git-signet:1:');
    await signet(at, ['logout', '--all'], { env: allowed });
    expect(kept()).not.toContain('git-signet:1:');
  });
});
