/**
 * Debian's Firefox, driven by its own remote protocol (Marionette, version 3: `LENGTH:JSON` over a socket on loopback):
 * no driver program is needed. Ended by its process when the test is done.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { scratchDirectory } from './sandbox.ts';

export const FIREFOX = '/usr/bin/firefox-esr';

export interface Firefox {
  readonly open: (url: string) => Promise<void>;
  readonly reload: () => Promise<void>;
  readonly address: () => Promise<string>;
  /** Text of the first element that a selector finds, once there is one. */
  readonly text: (selector: string) => Promise<string>;
  /** What an attribute of it says. */
  readonly attribute: (selector: string, name: string) => Promise<string>;
  readonly click: (selector: string) => Promise<void>;
  /** Opens an address in a new tab of another container, as an extension does, and goes there; gives the way back. */
  readonly openInContainer: (url: string) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
}

/** No service of Mozilla's is asked, no page opens by itself, and any free port serves. */
const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  'marionette.port': 0,
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'privacy.userContext.enabled': true,
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'toolkit.telemetry.server': 'data:,',
};
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const PAUSE = 50;
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE));

type Command = (name: string, parameters?: object) => Promise<unknown>;

/** Starts it with a profile of its own. */
export async function startFirefox(): Promise<Firefox> {
  const home = scratchDirectory('firefox');
  const profile = join(home, 'profile');
  mkdirSync(profile);
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const args = ['--headless', '--marionette', '-remote-allow-system-access', '--no-remote'];
  const child = spawn(FIREFOX, [...args, '--profile', profile, 'about:blank'], {
    stdio: 'ignore',
    // it is a script, and the browser a group of processes
    detached: true,
    env: { PATH: process.env['PATH'], HOME: home, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const socket = await connected(join(profile, 'MarionetteActivePort'), child);
  const command = commands(socket);
  await command('WebDriver:NewSession', { strictFileInteractability: false });
  return {
    ...pageOf(command),
    close: async () => {
      socket.destroy();
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: PAUSE });
    },
  };
}

async function connected(portFile: string, child: ChildProcess): Promise<Socket> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`Firefox ended with ${child.exitCode}`);
    const port = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
    if (port > 0) {
      const socket = connect(port, '127.0.0.1');
      const there = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (there) return socket;
    }
    await pause();
  }
}

/** Sends commands, and matches their answers. */
function commands(socket: Socket): Command {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (e: Error) => void }
  >();
  let last = 0;
  let unread = Buffer.alloc(0);
  const fail = (): void => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox has gone'));
    waiting.clear();
  };
  socket.on('error', fail);
  socket.on('close', fail);
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const colon = unread.indexOf(':');
      const length = colon < 0 ? Number.NaN : Number(unread.subarray(0, colon).toString());
      if (Number.isNaN(length) || unread.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(
        unread.subarray(colon + 1, colon + 1 + length).toString(),
      );
      unread = unread.subarray(colon + 1 + length);
      // the first one is a greeting
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === null) asked?.resolve(result?.value ?? result);
      else asked?.reject(new Error(`${error.error}: ${error.message}`));
    }
  });
  return (name, parameters = {}) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      const text = JSON.stringify([0, last, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

function pageOf(command: Command): Omit<Firefox, 'close'> {
  /** The element, as soon as it is there. */
  const find = async (selector: string): Promise<string> => {
    for (;;) {
      const found = await command('WebDriver:FindElement', {
        ...{ using: 'css selector', value: selector },
      }).catch((error: Error) => {
        if (/no such element|stale|no such window/.test(error.message)) return undefined;
        throw error;
      });
      if (found !== undefined) return (found as Record<string, string>)[ELEMENT] ?? '';
      await pause();
    }
  };
  const inChrome = async <T>(script: string, args: readonly unknown[]): Promise<T> => {
    await command('Marionette:SetContext', { value: 'chrome' });
    try {
      return (await command('WebDriver:ExecuteScript', { script, args })) as T;
    } finally {
      await command('Marionette:SetContext', { value: 'content' });
    }
  };
  const handles = async () => (await command('WebDriver:GetWindowHandles')) as readonly string[];
  return {
    open: async (url) => void (await command('WebDriver:Navigate', { url })),
    reload: async () => void (await command('WebDriver:Refresh')),
    address: async () => (await command('WebDriver:GetCurrentURL')) as string,
    text: async (selector) =>
      (await command('WebDriver:GetElementText', { id: await find(selector) })) as string,
    attribute: async (selector, name) =>
      (await command('WebDriver:GetElementAttribute', {
        id: await find(selector),
        name,
      })) as string,
    click: async (selector) =>
      void (await command('WebDriver:ElementClick', { id: await find(selector) })),
    openInContainer: async (url) => {
      const home = (await command('WebDriver:GetWindowHandle')) as string;
      const before = await handles();
      const script = `gBrowser.selectedTab = gBrowser.addTab(arguments[0], {
        userContextId: 1,
        triggeringPrincipal: Services.scriptSecurityManager.getSystemPrincipal(),
      });`;
      await inChrome(script, [url]);
      let added: string | undefined;
      while (added === undefined) {
        added = (await handles()).find((each) => !before.includes(each));
        if (added === undefined) await pause();
      }
      await command('WebDriver:SwitchToWindow', { handle: added });
      return async () => void (await command('WebDriver:SwitchToWindow', { handle: home }));
    },
  };
}
