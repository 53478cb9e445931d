/**
 * Starting an agent on first use: detached, without a stream or descriptor of ours (git waits for the end of a pipe
 * that its program's children hold), in the agents' own directory, with an environment that names the instance and
 * holds no token.
 */

import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { variableOf } from '../../settings/table.ts';
import type { Environment } from '../../system/environment.ts';
import { programWords } from '../../system/runtime.ts';
import { type Instance, instanceEnvironment } from '../instance.ts';
import { type AgentAddress, prepareDirectory } from '../socket-path.ts';
import { connectLocal, type LocalAgent } from './client.ts';
import { AgentTrouble } from './connection.ts';
import { START_SECONDS } from './patience.ts';

export interface StartOptions {
  readonly address: AgentAddress;
  readonly instance: Instance;
  readonly environment: Environment;
  /** The file this process started from. */
  readonly entry: string;
}

const POLL_MS = 10;
/** What another starter has begun this long ago is not waited for. */
const STALE_MS = 5000;

/**
 * What the agent needs of its surroundings: places, language, desktop. No token is among it, and nothing of its starter's
 * network, which travels with each request (threat D21). How long it lives and what it keeps is read from the person's own
 * configuration, by the agent itself.
 */
const KEPT =
  /^(?:PATH|Path|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|TUF_[A-Z_]+|GIT_CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|SYSTEMROOT|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/;

/** The environment of an agent that starts by itself. */
export function agentEnvironment({
  address,
  environment,
  instance,
}: Omit<StartOptions, 'entry'>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && KEPT.test(name)) env[name] = value;
  }
  // where it is looked for, whatever it would choose by itself
  env[variableOf('agentDirectory')] = address.directory;
  return { ...env, ...instanceEnvironment(instance) };
}

/** Whether this process is the one that starts the agent; of many at once it is one. */
function claim(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch {
    const begun = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - begun < STALE_MS) return false;
    rmSync(path, { force: true });
    return true;
  }
}

async function spawnAgent(options: StartOptions): Promise<() => number | undefined> {
  const { spawn } = await import('node:child_process');
  const [program, ...words] = programWords(options.entry);
  const child = spawn(program, [...words, 'agent', 'run'], {
    detached: true,
    stdio: 'ignore',
    cwd: options.address.directory,
    env: agentEnvironment(options),
    windowsHide: true,
  });
  let failed: number | undefined;
  child.on('error', () => {
    failed = 127;
  });
  child.on('exit', (code) => {
    // one that finds another agent in its place leaves with 0
    if (code !== 0) failed = code ?? 255;
  });
  child.unref();
  return () => failed;
}

/** Starts an agent, or waits for the one that somebody else is starting. @throws AgentTrouble, ConfigError */
export async function startAgent(options: StartOptions): Promise<LocalAgent> {
  const { address } = options;
  prepareDirectory(address.directory);
  const starting = `${address.secretPath}.starting`;
  const deadline = performance.now() + START_SECONDS * 1000;
  let mine = claim(starting);
  let failure = mine ? await spawnAgent(options) : () => undefined;
  try {
    while (performance.now() < deadline) {
      try {
        return await connectLocal(address);
      } catch (error) {
        const passing = error instanceof AgentTrouble && error.kind !== 'broken';
        if (!passing) throw error;
      }
      const code = failure();
      if (code !== undefined) {
        throw new AgentTrouble(
          'broken',
          `the agent did not start (exit ${code}; git signet agent run says why)`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      if (!mine && claim(starting)) {
        mine = true;
        failure = await spawnAgent(options);
      }
    }
    throw new AgentTrouble('broken', `the agent did not start in ${START_SECONDS} s`);
  } finally {
    if (mine) rmSync(starting, { force: true });
  }
}
