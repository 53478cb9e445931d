/** Runs git and takes its whole answer. Every git child process begins here, except the streams of git/objects.ts. */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { nodeFs } from '../system/node-fs.ts';
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

/** Returns the error for a git that could not be started. To a program that stays, it happens if the directory is gone. */
export async function notStarted({ cwd }: GitPlace, error: unknown): Promise<UsageError> {
  const { reasonOf, systemError } = await import('../system/system-error.ts');
  const failed = { code: 'GIT_FAILED', cause: error } as const;
  if (!nodeFs().existsSync(cwd)) {
    const hint = 'start git-signet again in the repository';
    return new UsageError(`the directory ${cwd} was moved or removed`, { ...failed, hint });
  }
  const hint = systemError(error)?.hint;
  return new UsageError(`git cannot be started: ${reasonOf(error)}`, { ...failed, hint });
}

/** Runs git to its end. @throws UsageError GIT_FAILED, only if git cannot be started */
export async function runGit(
  place: GitPlace,
  args: readonly string[],
  more: Pick<ProcessOptions, 'input' | 'silent' | 'timeout'> = {},
): Promise<ProcessResult> {
  const { git, cwd, env } = place;
  try {
    return await runProcess(git, args, { cwd, env, ...more });
  } catch (error) {
    throw await notStarted(place, error);
  }
}
