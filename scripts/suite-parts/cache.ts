/** Where suites are kept: beside the peers and the real servers, outside the tree. And the tools that bring them there. */

import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from './outcome.ts';

export const say = (line: string): void => void process.stderr.write(`suites: ${line}\n`);

/** A directory of the cache; not made yet. */
export function cached(name: string): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(process.env['GIT_SIGNET_SUITES'] ?? join(base, 'git-signet'), name);
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly minutes?: number;
}

/** Output of a program. @throws Unavailable with its last line where it fails or is not there */
export function tool(program: string, args: readonly string[], options: ToolOptions = {}): string {
  const { cwd, env, minutes = 5 } = options;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: minutes * 60_000,
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (status === 0) return stdout;
  const last = stderr?.trim().split('\n').at(-1) ?? '';
  throw new Unavailable(`${program} ${args[0] ?? ''}: ${error?.message ?? last}`);
}
