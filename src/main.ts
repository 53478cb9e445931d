/** The process: its arguments, environment, clock and end. The only file besides settings/load.ts that reads the environment. */

import { dispatch, tellError } from './dispatch.ts';
import { UsageError } from './errors.ts';
import { listGitConfig } from './git/config.ts';

/** @throws UsageError where it was removed (Bun says so itself, and does not start) */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new UsageError('the current directory was removed; change to another and try again');
  }
}

/** git's own calls all name a status channel, and all need its configuration, which it prints while we load. */
function askGit(args: readonly string[]): Promise<string> | undefined {
  if (!args.some((arg) => arg.startsWith('--status-fd'))) return undefined;
  // what goes wrong, a directory that is gone too, is told by whoever waits for the answer
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
