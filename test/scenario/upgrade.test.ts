/** The executable, replaced on disk while it runs, as a package manager does it. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installProgram } from '../../scripts/bench-parts/installed.ts';
import { type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
let machine: Machine;
beforeEach(async () => {
  machine = await machineAt(sandbox());
});
afterEach(() => machine.close());

const PAYLOAD = `tree ${'0'.repeat(40)}\nauthor A <alice@example.test> 1 +0000\ncommitter A <alice@example.test> 1 +0000\n\nx\n`;

describe('the executable', () => {
  it('that is replaced before it has read what to sign starts the agent and signs by it', async () => {
    const installed = installProgram('executable', join(machine.home, 'installed'));
    const signer = spawn(installed.path, ['--status-fd=2', '-bsau', 'x'], {
      cwd: machine.home,
      env: machine.env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    signer.stdout.on('data', (chunk: Buffer) => (out += chunk));
    signer.stderr.on('data', (chunk: Buffer) => (err += chunk));
    const ended = new Promise<number | null>((resolve) => signer.on('close', resolve));
    // it runs, and waits for its input
    await new Promise((resolve) => setTimeout(resolve, 1000));
    installed.upgrade();
    signer.stdin.end(PAYLOAD);
    expect(await ended, err).toBe(0);
    expect(out).toMatch(/^-----BEGIN SIGNED MESSAGE-----/);
    expect(err).not.toContain('signing without it');
  });
});
