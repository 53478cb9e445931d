/** How servers are started and ended: known by number and start, reported with their last output. Other processes are left alone. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { layoutOf } from '../../scripts/stack-parts/layout.ts';
import {
  runningPid,
  startServer,
  stopServers,
  untilReady,
} from '../../scripts/stack-parts/processes.ts';
import { scratchDirectory } from '../support/sandbox.ts';

function scratchLayout() {
  const layout = layoutOf(scratchDirectory('processes'), 18_900);
  for (const part of ['pid', 'log']) mkdirSync(layout.path(part), { recursive: true });
  return layout;
}
const shell = (name: string, script: string) => ({
  name,
  program: '/bin/sh',
  args: ['-c', script],
});

let stranger: ChildProcess | undefined;
afterEach(() => {
  stranger?.kill();
});

describe('a server', () => {
  it('is known by its pid file, and ended by it', async () => {
    const layout = scratchLayout();
    startServer(layout, shell('one', 'exec sleep 100'));
    const pid = runningPid(layout, 'one');
    expect(pid).toBeGreaterThan(1);
    expect(await stopServers(layout, ['one'])).toEqual([]);
    expect(runningPid(layout, 'one')).toBeUndefined();
    // ended at once, and gone when it has been waited for
    await vi.waitFor(() => expect(() => process.kill(pid ?? 0, 0)).toThrow());
  });

  it('that does not listen is forced', async () => {
    const layout = scratchLayout();
    startServer(layout, shell('deaf', 'trap "" TERM; echo up; while :; do sleep 0.05; done'));
    await untilReady(layout, 'deaf', () =>
      Promise.resolve(runningPid(layout, 'deaf') !== undefined),
    );
    await new Promise((done) => setTimeout(done, 200));
    expect(await stopServers(layout, ['deaf'], { seconds: 0.3 })).toEqual(['deaf']);
    expect(runningPid(layout, 'deaf')).toBeUndefined();
  });

  it('that is gone leaves its number to others, who are not ended', async () => {
    const layout = scratchLayout();
    stranger = spawn('sleep', ['100']);
    writeFileSync(layout.path('pid', 'gone'), `${stranger.pid} 1\n`);
    expect(runningPid(layout, 'gone')).toBeUndefined();
    await stopServers(layout, ['gone']);
    expect(stranger.exitCode).toBeNull();
    expect(() => process.kill(stranger?.pid ?? 0, 0)).not.toThrow();
  });

  it('that dies is reported with its last words', async () => {
    const layout = scratchLayout();
    startServer(layout, shell('dying', 'echo cannot read the key; exit 1'));
    await expect(untilReady(layout, 'dying', () => Promise.resolve(false))).rejects.toThrow(
      /^dying ended; the end of .*\/log\/dying\.log:\n {2}cannot read the key$/,
    );
  });

  it('that is not there is reported too', async () => {
    const layout = scratchLayout();
    startServer(layout, { name: 'absent', program: '/nowhere/server', args: [] });
    await expect(untilReady(layout, 'absent', () => Promise.resolve(false))).rejects.toThrow(
      /ENOENT/,
    );
  });
});

describe('scripts/stack', () => {
  const script = fileURLToPath(new URL('../../scripts/stack', import.meta.url));
  const call = (...args: readonly string[]) =>
    promisify(execFile)(script, args).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  it('does not start beside another stack, and says why', async () => {
    const state = scratchDirectory('second');
    const answered = await call('start', '--state', state, '--port-base', '19900');
    expect(answered).toMatchObject({ code: 2, stderr: expect.stringContaining('2112') });
    const status = await call('status', '--state', state);
    expect(status.code).toBe(1);
    expect(status.stdout).not.toContain(' up ');
  });

  it.each([
    [['start', '--port-base', 'x'], /--port-base takes a number/],
    [['stop', 'nobody'], /no server is called nobody/],
    [['begin'], /^usage/],
  ])('refuses %j', async (args, says) => {
    expect(await call(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(says) });
  });
});
