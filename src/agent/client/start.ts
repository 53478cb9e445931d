/**
 * Starts an agent on first use. It runs detached, in the agents' directory, and with an environment that names the
 * instance and holds no token. It gets no stream and no descriptor of this process, because git waits for the end of every
 * pipe that its program's children hold.
 */

import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { variableOf } from '../../settings/table.ts';
import type { Environment } from '../../system/environment.ts';
import { programWords } from '../../system/runtime.ts';
import { type Instance, instanceEnvironment } from '../instance.ts';
import { type AgentAddress, prepareDirectory } from '../socket-path.ts';
import { AgentTrouble } from '../wire/failure.ts';
import { connectLocal, type LocalAgent } from './client.ts';
import { START_SECONDS } from './patience.ts';

interface StartOptions {
  readonly address: AgentAddress;
  readonly instance: Instance;
  readonly env: Environment;
  /** The file that this process started from. */
  readonly entry: string;
}

const POLL_MS = 10;
/** A start that another process began this long ago has failed. */
const STALE_MS = 5000;

/**
 * The variables that the agent inherits: places, language, desktop. No token is among them, and nothing of its starter's
 * network, which travels with each request (threat D21). The agent itself reads from the user's own configuration how long
 * it lives and what it keeps.
 */
const KEPT =
  /^(?:PATH|Path|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|TUF_[A-Z_]+|GIT_CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|SYSTEMROOT|SystemRoot|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/;

/** Returns the environment of an agent that a signature starts. */
export function agentEnvironment({
  address,
  env,
  instance,
}: Omit<StartOptions, 'entry'>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && KEPT.test(name)) kept[name] = value;
  }
  // the agent must be where its clients look for it
  kept[variableOf('agentDirectory')] = address.directory;
  return { ...kept, ...instanceEnvironment(instance) };
}

/** Returns true if this process is to start the agent. Of many at once, one is. */
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
    // an agent that finds another one in its place exits with 0
    if (code !== 0) failed = code ?? 255;
  });
  child.unref();
  return () => failed;
}

/** Starts an agent, or waits for the one that another process is starting. @throws AgentTrouble, ConfigError */
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
          `the agent did not start (exit ${code}, and git signet agent run says why)`,
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
