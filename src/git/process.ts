/** Starts git and takes its whole answer. Every git child but the streams of git/objects.ts begins here. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import type { Environment } from '../system/environment.ts';
import {
  findExecutable,
  type ProcessOptions,
  type ProcessResult,
  runProcess,
} from '../system/process.ts';
import type { GitEnvironment } from './environment.ts';

/** Which git, where, with what environment. */
export interface GitPlace {
  /** Absolute path of the program. */
  readonly git: string;
  readonly cwd: string;
  readonly env: GitEnvironment;
}

/** In front of every subcommand. No protocol may be used: a partial clone must not fetch what it is asked to judge. */
export const GIT_READS: readonly string[] = [
  '--no-replace-objects',
  ...['-c', 'core.commitGraph=false', '-c', 'core.fsmonitor=false', '-c', 'protocol.allow=never'],
];

/** The last line git said, or what to say without one. */
export function gitSaid(stderr: Uint8Array, otherwise: string): string {
  return fromUtf8Lossy(stderr).trim().split('\n').at(-1) || otherwise;
}

/** The absolute path of git; undefined where PATH has none. */
export function findGit(env: Environment): string | undefined {
  return findExecutable('git', env);
}

/** Runs git to its end. Rejects only when it cannot be started. */
export function runGit(
  { git, cwd, env }: GitPlace,
  args: readonly string[],
  more: Pick<ProcessOptions, 'input' | 'silent' | 'timeout'> = {},
): Promise<ProcessResult> {
  return runProcess(git, args, { cwd, env, ...more });
}
