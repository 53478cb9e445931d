/** Runs git and takes its whole answer. Every git child process begins here, except the streams of git/objects.ts. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import type { Environment } from '../system/environment.ts';
import {
  findExecutable,
  type ProcessOptions,
  type ProcessResult,
  runProcess,
} from '../system/process.ts';
import type { GitEnvironment } from './environment.ts';

/** The program, directory and environment of a git child process. */
export interface GitPlace {
  /** Absolute path of the program. */
  readonly git: string;
  readonly cwd: string;
  readonly env: GitEnvironment;
}

/** Arguments in front of every subcommand. They allow no protocol, so that a partial clone does not fetch objects to judge. */
export const GIT_READS: readonly string[] = [
  '--no-replace-objects',
  ...['-c', 'core.commitGraph=false', '-c', 'core.fsmonitor=false', '-c', 'protocol.allow=never'],
];

/** Returns the last line of git's stderr, or `otherwise` if there is none. */
export function gitSaid(stderr: Uint8Array, otherwise: string): string {
  return fromUtf8Lossy(stderr).trim().split('\n').at(-1) || otherwise;
}

/** Returns the absolute path of git, or undefined if PATH has none. */
export function findGit(env: Environment): string | undefined {
  return findExecutable('git', env);
}

/** Runs git to its end. Rejects only if git cannot be started. */
export function runGit(
  { git, cwd, env }: GitPlace,
  args: readonly string[],
  more: Pick<ProcessOptions, 'input' | 'silent' | 'timeout'> = {},
): Promise<ProcessResult> {
  return runProcess(git, args, { cwd, env, ...more });
}
