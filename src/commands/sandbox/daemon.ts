/**
 * `sandbox start` and `stop`: a detached sandbox, found again by its directory. `start` prints the environment to use.
 * `stop` ends a process only if that process proves by the sandbox's secret that it is the sandbox.
 */

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigError, ExitCode, ServiceError } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import { installOwnProgram } from '../../system/program/own-program.ts';
import { programWords } from '../../system/runtime.ts';
import { shellQuoted } from '../../system/shell.ts';
import { keysFor } from '../init.ts';
import type { DaemonOptions } from './daemon-options.ts';

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 10_000;
const POLL_MS = 20;

const environmentFile = (dir: string): string => join(dir, 'env.sh');
const outputFile = (dir: string): string => join(dir, 'output.log');

function exportLines(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`)
    .join('');
}

/** Polls until `probe` returns a value, or undefined at the deadline. */
async function until<T>(
  deadline: number,
  probe: () => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  const end = performance.now() + deadline;
  while (performance.now() < end) {
    const found = await probe();
    if (found !== undefined) return found;
    await delay(POLL_MS);
  }
  return undefined;
}

interface Known {
  readonly issuer: string;
  readonly secret: string;
}

/** Reads where the sandbox of a directory listens, and its secret, or undefined before its first start. */
function knownOf(dir: string): Known | undefined {
  try {
    const { ports, tokenSecret } = JSON.parse(readFileSync(join(dir, 'sandbox.json'), 'utf8'));
    return typeof ports.issuer === 'number' && typeof tokenSecret === 'string'
      ? { issuer: `http://127.0.0.1:${ports.issuer}`, secret: tokenSecret }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Finds the process that answers as this directory's sandbox, or undefined if none does. */
async function runningPid(dir: string): Promise<number | undefined> {
  const known = knownOf(dir);
  if (known === undefined) return undefined;
  try {
    const response = await fetch(`${known.issuer}/sandbox/status`, {
      headers: { authorization: `Bearer ${known.secret}` },
      redirect: 'error',
      signal: AbortSignal.timeout(2000),
    });
    const { pid } = (await response.json()) as { pid?: unknown };
    return response.ok && typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}

function report(invocation: Invocation, { dir, named }: DaemonOptions): ExitCode {
  invocation.streams.write(readFileSync(environmentFile(dir), 'utf8'));
  invocation.terminal.say(`the sandbox is up, its state is in ${dir}`);
  if (invocation.streams.outputIsTerminal)
    invocation.terminal.hint(`use it: . ${shellQuoted(environmentFile(dir))}`);
  invocation.terminal.hint(
    `end it: git signet sandbox stop${named ? ` --dir ${shellQuoted(dir)}` : ''}`,
  );
  return ExitCode.ok;
}

/** Starts a detached sandbox, unless it runs already, and prints `export` lines. */
export async function start(invocation: Invocation, options: DaemonOptions): Promise<ExitCode> {
  const { dir, port, rekorVersion } = options;
  if ((await runningPid(dir)) !== undefined) return report(invocation, options);
  const { openStateDirectory } = await import('../../sandbox/state.ts');
  openStateDirectory(dir);
  rmSync(environmentFile(dir), { force: true });
  const output = openSync(outputFile(dir), 'w', 0o600);
  const [program, ...words] = programWords(invocation.entry);
  const flags = [
    '--dir',
    dir,
    '--rekor',
    String(rekorVersion),
    ...(port === undefined ? [] : ['--port', String(port)]),
  ];
  const child = spawn(program, [...words, 'sandbox', 'serve', ...flags], {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: dir,
    env: { ...invocation.env },
  });
  closeSync(output);
  child.on('error', () => {});
  const ready = await until(START_DEADLINE_MS, () => {
    if (existsSync(environmentFile(dir))) return true;
    return child.exitCode === null && child.pid !== undefined ? undefined : false;
  });
  child.unref();
  if (ready === true) return report(invocation, options);
  const said = readFileSync(outputFile(dir), 'utf8').trim();
  throw new ServiceError(
    'SERVICE_UNREACHABLE',
    said === '' ? 'the sandbox did not come up' : `the sandbox did not come up: ${said}`,
  );
}

/** Runs a sandbox in this process until it is stopped. */
export async function serve(
  invocation: Invocation,
  { dir, port, rekorVersion }: DaemonOptions,
): Promise<ExitCode> {
  const sandboxModule = await import('../../sandbox/index.ts');
  const sandbox = await sandboxModule.startSandbox({
    dir,
    port,
  });
  const { writeWhole } = await import('../../sandbox/state.ts');
  const { path } = await installOwnProgram({ ...invocation, directory: dir });
  const env = sandbox.environment({
    rekorVersion,
    gitConfig: Object.fromEntries(keysFor(path)),
  });
  const { ownFolders, endAgents } = await import('./agent.ts');
  const { withGlobalConfig } = await import('./config.ts');
  const configured = withGlobalConfig(env, dir, invocation.env);
  writeWhole(environmentFile(dir), exportLines({ ...configured, ...ownFolders(dir) }));
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
  rmSync(environmentFile(dir), { force: true });
  await endAgents(dir);
  await sandbox.close();
  return ExitCode.ok;
}

/** Ends the sandbox of a directory. Its state stays. */
export async function stop(invocation: Invocation, dir: string): Promise<ExitCode> {
  const { ownerOf } = await import('../../sandbox/state.ts');
  const pid = await runningPid(dir);
  if (pid === undefined) {
    const owner = ownerOf(dir);
    if (owner !== undefined) {
      throw new ConfigError(`process ${owner} has ${dir} but does not answer as its sandbox`, {
        hint: `if it is one: kill ${owner}`,
      });
    }
    invocation.terminal.say('no sandbox is running');
    return ExitCode.ok;
  }
  process.kill(pid, 'SIGTERM');
  const gone = await until(STOP_DEADLINE_MS, () => (ownerOf(dir) === undefined ? true : undefined));
  if (gone === undefined)
    throw new ServiceError('SERVICE_UNREACHABLE', `the sandbox, process ${pid}, does not end`, {
      hint: `kill -KILL ${pid}`,
    });
  invocation.terminal.say(`the sandbox is down, and its state stays in ${dir}`);
  return ExitCode.ok;
}
