/** A desktop's keyring for a test: gnome-keyring on a bus of its own, its files in a scratch home. */

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bareEnvironment } from './invocation.ts';
import { findProgram } from './tools.ts';

export interface DesktopKeyring {
  /** How to find it: DBUS_SESSION_BUS_ADDRESS and the rest. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Starts a keyring in `home`. Without a password it stays locked. It ends with its bus. */
export async function desktopKeyring(home: string, password?: string): Promise<DesktopKeyring> {
  const runtime = join(home, 'runtime');
  mkdirSync(runtime, { mode: 0o700 });
  const env = { ...bareEnvironment(home), XDG_DATA_HOME: home, XDG_RUNTIME_DIR: runtime };
  const unlock = password === undefined ? '' : '--unlock';
  const script = `printf %s "$1" | gnome-keyring-daemon ${unlock} --components=secrets >&2
    echo "$DBUS_SESSION_BUS_ADDRESS"; cat >&2`;
  const bus = findProgram('dbus-run-session', env) ?? 'dbus-run-session';
  const child = spawn(bus, ['--', 'sh', '-c', script, 'sh', password ?? ''], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('close', () => reject(new Error('the bus did not come up')));
  });
  return {
    env: { ...env, DBUS_SESSION_BUS_ADDRESS: address },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
