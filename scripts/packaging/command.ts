/** Runs the programs that a release asks. */

import { spawnSync } from 'node:child_process';
import { findExecutable } from '../../src/system/process.ts';
import { StepError } from './step.ts';

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment. Default: ours. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly minutes?: number;
  /** Standard input. Default: none. */
  readonly input?: Uint8Array;
}

export interface Ended {
  /** Undefined where a signal or the deadline ended it. */
  readonly exit: number | undefined;
  readonly out: string;
  readonly err: string;
}

export const onPath = (program: string): boolean =>
  findExecutable(program, process.env) !== undefined;

/** Runs a program to its end. @throws StepError where it cannot be started */
export function ended(
  program: string,
  args: readonly string[],
  { cwd, env, minutes = 5, input }: CommandOptions = {},
): Ended {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env: env === undefined ? process.env : { ...env },
    input,
    encoding: 'utf8',
    timeout: minutes * 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined)
    throw new StepError(`${program}: ${error.message}`, `install ${program}`);
  return { exit: status ?? undefined, out: stdout, err: stderr };
}

/** The standard output of a program that must succeed. @throws StepError with what it said */
export function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): string {
  const { exit, out, err } = ended(program, args, options);
  if (exit === 0) return out;
  const said = `${out}${err}`.trim().split('\n').slice(-12).join('\n  ');
  throw new StepError(
    `${program} ${args.join(' ')}: exit ${exit ?? 'by a signal or after its deadline'}\n  ${said}`,
    'read what it says above',
  );
}

/** One line for the person who releases. */
export const say = (line: string): void => void process.stderr.write(`release: ${line}\n`);
