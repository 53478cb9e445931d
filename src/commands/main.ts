/** The process: its arguments, environment, clock and end. The only file besides io/config.ts that reads the environment. */

import { listGitConfig } from '../io/git-config.ts';
import { dispatch, exitCodeOf } from './dispatch.ts';

/** git's own calls all name a status channel, and all need its configuration, which it prints while we load. */
function askGit(args: readonly string[]): Promise<string> | undefined {
  if (!args.some((arg) => arg.startsWith('--status-fd'))) return undefined;
  const asked = listGitConfig({ cwd: process.cwd(), env: process.env });
  asked.catch(() => undefined);
  return asked;
}

async function main(): Promise<void> {
  const { env } = process;
  const args = process.argv.slice(2);
  const askedGit = askGit(args);
  const { processStreams, processTerminal } = await import('../io/terminal.ts');
  const terminal = processTerminal(env);
  const debug = env.SIGNET_DEBUG !== undefined && env.SIGNET_DEBUG !== '';
  const fail = (error: unknown): never => process.exit(exitCodeOf(error, terminal, debug));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const code = await dispatch({
      args,
      env,
      cwd: process.cwd(),
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
