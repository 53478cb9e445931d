/** Starts the program with the arguments, environment and clock of this process, and ends the process. */

import { dispatch } from './dispatch.ts';
import { tellError } from './error-exit.ts';
import { UsageError } from './errors.ts';
import { listGitConfig } from './git/config.ts';

/** @throws UsageError if the directory was removed. Bun says so itself and does not start. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new UsageError(
      'the current directory was removed. Change to another directory and try again',
    );
  }
}

/** Starts reading git's configuration if git called us (`--status-fd`), because git prints it while this program loads. */
function askGit(args: readonly string[]): Promise<string> | undefined {
  if (!args.some((arg) => arg.startsWith('--status-fd'))) return undefined;
  // the code that awaits the answer reports a failure, also of a removed directory
  const ask = async (): Promise<string> =>
    listGitConfig({ cwd: currentDirectory(), env: process.env });
  const asked = ask();
  asked.catch(() => undefined);
  return asked;
}

async function main(): Promise<void> {
  const { env } = process;
  const args = process.argv.slice(2);
  const askedGit = askGit(args);
  const { processStreams, processTerminal } = await import('./system/terminal.ts');
  const terminal = processTerminal(env);
  const debug = env.SIGNET_DEBUG !== undefined && env.SIGNET_DEBUG !== '';
  const fail = (error: unknown): never => process.exit(tellError(error, terminal, debug));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const code = await dispatch({
      args,
      env,
      cwd: currentDirectory(),
      streams: processStreams(env),
      terminal,
      now: () => Math.floor(Date.now() / 1000),
      askedGit,
      entry: process.argv[1] ?? '',
    });
    process.exit(code);
  } catch (error) {
    fail(error);
  }
}

void main();
