/** What an agent takes along from the one who started it: of open files nothing, in either built form. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentsOf, type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';
import { findProgram } from '../support/tools.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sandbox = useSandbox();
let machine: Machine;
beforeEach(async () => {
  machine = await machineAt(sandbox());
});
afterEach(() => machine.close());

/** The files of the machine's home that a process has open. */
function openFiles(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      return path.startsWith(machine.home) ? [path] : [];
    } catch {
      return [];
    }
  });
}

describe.each([
  ['executable', join(root, 'dist/git-signet'), ''],
  ['Node bundle', process.execPath, join(root, 'dist/node/git-signet.cjs')],
])('an agent of the %s', (_name, program, bundle) => {
  it('an agent does not keep the lock of the script that started it (D25)', async () => {
    const lock = join(machine.home, 'lock');
    const words = [program, ...(bundle === '' ? [] : [bundle]), 'agent', 'start'];
    const script = join(machine.home, 'script');
    const command = words.map((word) => `'${word}'`).join(' ');
    // low numbers, high ones, and gaps between them
    const lines = [
      `exec 6<'${lock}' 19<'${lock}' 77<'${lock}' 200>'${lock}'`,
      'flock 200',
      command,
    ];
    writeFileSync(lock, '');
    writeFileSync(script, lines.join('\n'));
    const bash = findProgram('bash') ?? 'bash';
    const ran = spawnSync(bash, [script], { cwd: machine.home, env: machine.env, stdio: 'pipe' });
    expect(ran.status, ran.stderr.toString()).toBe(0);
    const agents = await agentsOf(machine);
    expect(agents).toHaveLength(1);
    expect(openFiles(agents[0]?.pid ?? 0)).toEqual([]);
    expect(spawnSync('flock', ['-n', lock, 'true']).status).toBe(0);
  });
});
