/** The agent behind a socket that systemd holds: started by the first signature, and the socket outlives it (gitsign #830). */

import { type ChildProcess, spawn } from 'node:child_process';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Machine, machineAt } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram, haveTools } from '../support/tools.ts';

const sandbox = useSandbox();
let machine: Machine;
beforeEach(async () => {
  machine = await machineAt(sandbox());
});
afterEach(() => machine.close());

const unit = async (at: string, what: string): Promise<string> => {
  const ran = await machine.signet(at, ['agent', 'print', what]);
  expect(ran.exit, ran.err).toBe(0);
  return ran.out;
};

describe('agent print', () => {
  it('agent print gives a socket and a service with this program and these servers', async () => {
    const work = await machine.repository('work');
    const text = await unit(work, 'systemd');
    expect(text).toMatch(/\nListenStream=\/.*\.sock\nSocketMode=0600\nDirectoryMode=0700\n/);
    expect(text).toMatch(/\nExecStart="\/.*"agent" "run"\n/);
    expect(text).toContain(`Environment="SIGNET_ISSUER=${sandbox().urls.issuer}"`);
    expect(text).toContain('LimitCORE=0');
    const plist = await unit(work, 'launchd');
    expect(plist).toMatch(/<string>agent<\/string>\s*<string>run<\/string>/);
    expect((await machine.signet(work, ['agent', 'print', 'cron'])).exit).toBe(2);
  });

  it('agent forward prints the lines for both machines, and an unknown action is exit 2', async () => {
    const work = await machine.repository('work');
    const socket = join(machine.home, 'run', 'git-signet', 'forward.sock');
    const { exit, out } = await machine.signet(work, ['agent', 'forward']);
    expect(exit).toBe(0);
    expect(out).toContain(`git config --global signet.forwardSocket ${socket}\n`);
    expect(out).toMatch(
      new RegExp(`RemoteForward (\\S+) ${socket}\\n[^]*signet.agentSocket \\1\\n`),
    );
    for (const args of [['agent'], ['agent', 'reboot'], ['agent', 'stop', 'now']]) {
      const ran = await machine.signet(work, args);
      expect([ran.exit, ran.out]).toEqual([2, '']);
    }
  });

  it.skipIf(!haveTools('xmllint'))('agent print gives a well-formed plist', async () => {
    const work = await machine.repository('work');
    const plist = await unit(work, 'launchd');
    const lint = spawn('xmllint', ['--noout', '--nonet', '--noent', '-'], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    lint.stdin.end(plist.replace(/<!DOCTYPE[^>]*>/, ''));
    expect(await new Promise((resolve) => lint.on('close', resolve))).toBe(0);
  });
});

describe.skipIf(!haveTools('systemd-socket-activate'))('socket activation', () => {
  const started: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of started.splice(0)) {
      const over = new Promise((resolve) => child.once('close', resolve));
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await over;
    }
  });

  /** Listens as systemd would, by the unit that `agent print` gives. */
  async function activate(work: string): Promise<string> {
    const text = await unit(work, 'systemd');
    const path = /\nListenStream=(.*)\n/.exec(text)?.[1] ?? '';
    const environment = [...text.matchAll(/\nEnvironment="(.*?)"(?=\n)/g)].map(
      ([, pair]) => pair ?? '',
    );
    const words = [...(/\nExecStart=(.*)\n/.exec(text)?.[1] ?? '').matchAll(/"(.*?)"/g)].map(
      ([, word]) => word ?? '',
    );
    machine.directory('run/git-signet');
    process.getBuiltinModule('node:fs').chmodSync(`${machine.home}/run/git-signet`, 0o700);
    const set = [
      ...environment,
      'XDG_RUNTIME_DIR',
      'HOME',
      'GIT_CONFIG_GLOBAL',
      'GIT_CONFIG_NOSYSTEM',
    ];
    const args = set.flatMap((pair) => [
      '-E',
      pair.includes('=') ? pair : `${pair}=${machine.env[pair]}`,
    ]);
    const program = findProgram('systemd-socket-activate') ?? '';
    const child = spawn(program, ['-l', path, ...args, ...words], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] },
    });
    started.push(child);
    for (let i = 0; i < 200 && lstatSync(path, { throwIfNoEntry: false }) === undefined; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    // SocketMode=, which systemd-socket-activate does not know
    process.getBuiltinModule('node:fs').chmodSync(path, 0o600);
    return path;
  }

  it('systemd starts the agent with the first signature, and a stop leaves the socket to systemd (D06)', async () => {
    const work = await machine.repository('work');
    expect(programUnderTest()).not.toBe('');
    const path = await activate(work);
    const before = lstatSync(path).ino;
    for (const message of ['one', 'two']) {
      const ran = await machine.git(work, ['commit', '-q', '--allow-empty', '-m', message]);
      expect(ran.exit, ran.err).toBe(0);
    }
    const status = await machine.signet(work, ['agent', 'status', '--json']);
    const { agents } = JSON.parse(status.out);
    expect(agents).toMatchObject([
      { socket: path, pid: started[0]?.pid, credentials: [{ signatures: 2 }] },
    ]);
    expect((await machine.git(work, ['verify-commit', 'HEAD'])).exit).toBe(0);
    expect((await machine.signet(work, ['agent', 'stop'])).exit).toBe(0);
    await new Promise((resolve) => {
      if (started[0]?.exitCode !== null) resolve(undefined);
      else started[0].once('close', resolve);
    });
    expect(lstatSync(path).ino).toBe(before);
  });
});
