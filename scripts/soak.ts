/** Runs a soak (bench-parts/soak.ts) with the built program, and prints what came of it. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startSandbox } from '../src/sandbox/index.ts';
import { type Form, installProgram } from './bench-parts/installed.ts';
import { type Soaked, soak } from './bench-parts/soak.ts';

const whole = (text: string, option: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} takes a number from 1, not ${text}`);
  return Number(text);
};

function isForm(text: string): text is Form {
  return text === 'executable' || text === 'node';
}

function report(run: Soaked): void {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const { clients, signatures, seconds } of run.phases) {
    const rate = (signatures / seconds).toFixed(1);
    say(`${String(clients).padStart(4)} clients: ${signatures} signatures, ${rate} a second`);
  }
  const faults = [...Map.groupBy(run.faults, (name) => name)];
  say(`faults: ${faults.map(([name, all]) => `${name} ${all.length}`).join(', ') || 'none'}`);
  say(`memory of the agent in MiB, in order: ${run.memory.map(Math.round).join(' ')}`);
  for (const reason of run.inPlace) say(`made without the agent: ${reason}`);
  say(`not made while the network was away: ${run.excused}`);
  for (const failure of run.failures) say(`failed: ${failure}`);
  say(
    `${run.signatures} signatures, ${run.failed} failed, ${run.mixedUp} mixed up; ` +
      `${run.logins} logins, the agent ended ${run.ends} times`,
  );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      form: { type: 'string', default: 'executable' },
      clients: { type: 'string', default: '1,8,32,200' },
      calm: { type: 'boolean', default: false },
    },
  });
  const { form } = values;
  if (!isForm(form)) throw new Error(`--form takes executable or node, not ${form}`);
  const clients = values.clients.split(',').map((text) => whole(text, '--clients'));
  const seconds = whole(values.seconds, '--seconds') / clients.length;
  const seed = whole(values.seed, '--seed');
  // a short path: the agent's socket lies in it
  const directory = mkdtempSync(join(tmpdir(), 'soak-'));
  const home = join(directory, 'home');
  mkdirSync(home);
  process.stdout.write(`seed ${seed}, ${form}, ${values.seconds} s\n`);
  const sandbox = await startSandbox({ dir: join(directory, 'sandbox'), autoApprove: true });
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(home, 'gitconfig'),
  };
  try {
    const run = await soak({
      ...{ env, sandbox, directory, seed, faults: !values.calm },
      program: installProgram(form, join(directory, 'program')),
      phases: clients.map((count) => ({ clients: count, seconds })),
    });
    report(run);
    const tooMany = run.logins > run.loginsAllowed;
    if (tooMany) process.stdout.write(`no more than ${run.loginsAllowed} logins were due\n`);
    return run.failed + run.mixedUp > 0 || run.signatures === 0 || tooMany ? 1 : 0;
  } finally {
    await sandbox.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
