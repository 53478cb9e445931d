/**
 * Starts, stops and shows a real Sigstore on loopback. Starting is idempotent: a server that runs is left alone, so
 * `start` also mends a stack of which one has died. Stopping ends what was started here and nothing else; data stay.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findExecutable } from '../src/system/process.ts';
import { buildServers, missingIn } from './stack-parts/build.ts';
import { postgresProgram } from './stack-parts/database.ts';
import { makeKeys } from './stack-parts/keys.ts';
import {
  DEFAULT_PORT_BASE,
  defaultState,
  type Layout,
  layoutOf,
  serverCache,
  TSA_METRICS_PORT,
} from './stack-parts/layout.ts';
import { listening, PARTS, type Part, WAVES } from './stack-parts/parts.ts';
import { runningPid, startServer, stopServers, untilReady } from './stack-parts/processes.ts';
import type { Stack } from './stack-parts/servers.ts';
import { writeTrust } from './stack-parts/trust.ts';

const HELP = `usage: scripts/stack build | start | stop | status [NAME…] [--state DIR] [--port-base N]

  scripts/stack start                 build what is missing, start everything, say what to source
  scripts/stack stop                  end it; keys and logs stay (rm -r the directory to begin anew)
  scripts/stack stop rekor-server     end one server; \`start\` brings it back

  --state DIR     where keys, data, logs and process ids are (default ${defaultState()})
  --port-base N   first of 20 ports (default ${DEFAULT_PORT_BASE}, or what the directory had before)
`;

const say = (line: string): void => void process.stderr.write(`stack: ${line}\n`);

/** @throws Error if another process has the port of one of our servers */
async function checkPorts(layout: Layout): Promise<void> {
  for (const { name, ports } of PARTS) {
    if (runningPid(layout, name) !== undefined) continue;
    for (const port of ports.map((one) => layout.port(one))) {
      if (await listening(port)) {
        throw new Error(
          `port ${port}, which ${name} needs, is taken\n  choose others: --port-base N`,
        );
      }
    }
    // on every address, because that is where it will be
    if (name === 'timestamp-server' && (await listening(TSA_METRICS_PORT, '0.0.0.0'))) {
      throw new Error(
        `port ${TSA_METRICS_PORT}, which ${name} needs, is taken: by another stack? two do not run on one machine`,
      );
    }
  }
}

/** Of this user alone; PostgreSQL, which may be another, passes through without seeing what is in it. */
function openState(state: string): void {
  mkdirSync(state, { recursive: true, mode: 0o711 });
  const { uid } = statSync(state);
  if (uid !== process.getuid?.())
    throw new Error(`${state} belongs to another user: choose with --state`);
  chmodSync(state, 0o711);
  for (const part of ['keys', 'pid', 'log', 'tuf']) {
    mkdirSync(resolve(state, part), { recursive: true, mode: 0o700 });
  }
}

/** The port base of the directory's last run, unless another is asked for. */
function chosenBase(state: string, asked: string | undefined): number {
  const path = resolve(state, 'port-base');
  const text =
    asked ?? (existsSync(path) ? readFileSync(path, 'utf8').trim() : `${DEFAULT_PORT_BASE}`);
  const base = /^\d{4,5}$/.test(text) ? Number(text) : 0;
  if (base < 1024 || base > 65_500)
    throw new Error(`--port-base takes a number from 1024 to 65500, not ${text}`);
  return base;
}

function checkTools(): void {
  const absent = ['redis-server', 'openssl'].filter((name) => !findExecutable(name, process.env));
  const database = ['postgres', 'initdb', 'psql'].filter((name) => !postgresProgram(name));
  const all = [...absent, ...database];
  if (all.length > 0) {
    throw new Error(`${all.join(', ')} not found\n  install PostgreSQL, Redis and OpenSSL`);
  }
}

async function startPart(stack: Stack, part: Part): Promise<void> {
  const since = Date.now();
  const { layout } = stack;
  if (runningPid(layout, part.name) === undefined) {
    startServer(layout, part.server(stack));
    await untilReady(layout, part.name, () => part.ready(layout));
    say(`${part.name} is up (${((Date.now() - since) / 1000).toFixed(1)} s)`);
  }
  part.after?.(stack);
}

async function start(stack: Stack): Promise<void> {
  const { layout, cache } = stack;
  checkTools();
  if (missingIn(cache).length > 0) buildServers(cache, say);
  const since = Date.now();
  openState(layout.state);
  await checkPorts(layout);
  const base = layout.port('reserved');
  writeFileSync(layout.path('port-base'), `${base}\n`);
  makeKeys(layout);
  const before = new Set(PARTS.map(({ name }) => name).filter((name) => runningPid(layout, name)));
  try {
    for (const wave of WAVES) await Promise.all(wave.map((part) => startPart(stack, part)));
  } catch (error) {
    await stop(
      layout,
      PARTS.map(({ name }) => name).filter((name) => !before.has(name)),
    );
    throw error;
  }
  writeTrust(layout, cache);
  say(
    `ready in ${((Date.now() - since) / 1000).toFixed(1)} s; for a shell: . ${layout.path('env.sh')}`,
  );
}

/** Those that are served by others end first. */
async function stop(layout: Layout, names: readonly string[]): Promise<void> {
  for (const wave of WAVES.toReversed()) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const wanted = wave.filter(
        ({ name, signal: own = 'SIGTERM' }) => names.includes(name) && own === signal,
      );
      // the Trillian signer ends in no reasonable time by itself
      await stopServers(
        layout,
        wanted.map(({ name }) => name),
        { signal },
      );
    }
  }
}

async function status(layout: Layout): Promise<number> {
  let down = 0;
  for (const { name, ports, ready } of PARTS) {
    const pid = runningPid(layout, name);
    const state = pid === undefined ? 'down' : (await ready(layout)) ? 'up' : 'does not answer';
    if (state !== 'up') down += 1;
    const where = ports.map((port) => layout.port(port)).join(' ');
    process.stdout.write(
      `${name.padEnd(22)}${state.padEnd(17)}${String(pid ?? '–').padEnd(9)}${where}\n`,
    );
  }
  return down === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      state: { type: 'string' },
      'port-base': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const [action, ...names] = positionals;
  const state = resolve(values.state ?? process.env['GIT_SIGNET_STACK_STATE'] ?? defaultState());
  const cache = serverCache(process.env);
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) throw new Error(`no server is called ${unknown}`);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const layout = layoutOf(state, chosenBase(state, values['port-base']));
  switch (action) {
    case 'build':
      buildServers(cache, say);
      return 0;
    case 'start':
      await start({ layout, cache });
      return 0;
    case 'stop':
      await stop(layout, names.length > 0 ? names : PARTS.map(({ name }) => name));
      return 0;
    case 'status':
      return status(layout);
    // for scripts/test-stack
    case 'where':
      process.stdout.write(`${state}\n`);
      return 0;
    case 'built':
      return missingIn(cache).length === 0 ? 0 : 1;
    default:
      process.stderr.write(HELP);
      return 2;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
