/** Programs that we did not write, where scripts/peers has installed them: $GIT_SIGNET_PEERS, else git-signet/peers in the user's cache. */

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const directory = process.env.GIT_SIGNET_PEERS ?? join(cache, 'git-signet', 'peers');

/** The path of a peer; undefined, and a line that says so, where it is absent. */
export function peer(name: string): string | undefined {
  const path = join(directory, name);
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    console.warn(
      `skipped: no ${name} in ${directory} (scripts/peers installs it, or set GIT_SIGNET_PEERS)`,
    );
    return undefined;
  }
}

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program with this environment alone, plus PATH. */
export function run(
  program: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: string;
  },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: {
        PATH: process.env.PATH,
        HOME: options.cwd,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        ...options.env,
      },
      stdio: 'pipe',
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    // Most of them read no input and are gone before it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
