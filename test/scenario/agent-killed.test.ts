/**
 * Many signers wait for one login, and the agent is killed. The signers start another one, a person is asked once more at
 * the most, and every signature is made.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { agentsOf, type Machine, useMachine } from '../support/machine.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const CLICK = fileURLToPath(new URL('../support/click.ts', import.meta.url));
const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <a@x.test> 1 +0000\ncommitter Alice <alice@example.test> 1 +0000\n\nx\n`;
const POLL = { timeout: 60_000, interval: 50 };

const sandbox = useSandbox();
let machine: Machine;
let work = '';
useMachine(sandbox, (made, at) => {
  machine = made;
  work = at;
});

/** A browser that is opened, and logs in when the person does. */
async function slowBrowser(): Promise<{
  readonly openings: () => number;
  readonly logIn: () => void;
}> {
  const [opened, go, script] = ['opened', 'go', 'browser'].map((name) => join(machine.home, name));
  const lines = [
    '#!/bin/sh',
    `echo x >>'${opened}'`,
    `( until [ -e '${go}' ]; do sleep 0.1; done; exec '${process.execPath}' '${CLICK}' "$1" ) &`,
  ];
  writeFileSync(script ?? '', lines.join('\n'), { mode: 0o755 });
  await machine.must(work, 'config', '--global', 'signet.urlOpener', `${script} {url}`);
  return {
    openings: () => (existsSync(opened ?? '') ? readFileSync(opened ?? '').length / 2 : 0),
    logIn: () => writeFileSync(go ?? '', ''),
  };
}

interface Signer {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<{ readonly exit: number | null; readonly out: string }>;
}

function signer(): Signer {
  const args = ['--status-fd=2', '-bsau', 'x'];
  const child = spawn(programUnderTest(), args, { cwd: work, env: machine.env, stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk;
  });
  child.stdin.end(PAYLOAD);
  const ended = new Promise<{ exit: number | null; out: string }>((resolve) => {
    child.on('close', (exit) => resolve({ exit, out }));
  });
  return { child, said: () => err, ended };
}

const agentProcess = async (): Promise<number> => (await agentsOf(machine))[0]?.pid ?? 0;

describe.each([
  [8, 'SIGKILL'],
  [8, 'SIGTERM'],
  [50, 'SIGKILL'],
] as const)('%i signers that wait for one login, and an agent that gets %s', (count, signal) => {
  it('signers that lose their agent during a login sign all the same, with one more login at most (D23)', {
    timeout: 180_000,
  }, async () => {
    const { openings, logIn } = await slowBrowser();
    const signers = Array.from({ length: count }, signer);
    const waiting = (): number =>
      signers.filter(({ said }) => said().includes('waiting for the login that another')).length;
    await expect.poll(() => [openings(), waiting()], POLL).toEqual([1, count - 1]);
    const before = await agentProcess();
    process.kill(before, signal);
    await expect.poll(() => existsSync(`/proc/${before}`), POLL).toBe(false);
    // the signers have met the next one
    await expect.poll(agentProcess, POLL).toBeGreaterThan(0);
    await expect.poll(openings, POLL).toBe(2);
    logIn();
    const all = await Promise.all(signers.map(({ ended }) => ended));
    const failed = signers.filter(({ child }) => child.exitCode !== 0).map(({ said }) => said());
    expect(failed).toEqual([]);
    for (const { out } of all) expect(out).toMatch(/^-----BEGIN SIGNED MESSAGE-----/);
    expect(openings()).toBe(2);
    expect(signers.filter(({ said }) => said().includes('signing without it'))).toEqual([]);
    // the next client is served although these were killed
    expect((await signer().ended).exit).toBe(0);
    expect(openings()).toBe(2);
  });
});

it('an agent that is killed while its only signer logs in costs no second login (D23)', async () => {
  const { openings, logIn } = await slowBrowser();
  const first = signer();
  await expect.poll(openings, POLL).toBe(1);
  process.kill(await agentProcess(), 'SIGKILL');
  logIn();
  expect((await first.ended).exit, first.said()).toBe(0);
  expect((await signer().ended).exit).toBe(0);
  expect(openings()).toBe(1);
});

it('a runtime directory of another user does not cost a login for each commit (D23)', async () => {
  const { openings, logIn } = await slowBrowser();
  logIn();
  const runtime = join(machine.home, 'run');
  // as `su` leaves it: it is there, and what is in it belongs to another user
  mkdirSync(join(runtime, 'git-signet'), { mode: 0o700 });
  chmodSync(join(runtime, 'git-signet'), 0o755);
  for (let commit = 0; commit < 3; commit += 1) expect((await signer().ended).exit).toBe(0);
  expect(openings()).toBe(1);
  expect(existsSync(join(machine.home, 'git-signet', 'run'))).toBe(true);
});
