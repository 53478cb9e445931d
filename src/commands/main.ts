/** The process: its arguments, environment, clock and end. The only file besides io/config.ts that reads the environment. */

import { dispatch, exitCodeOf } from './dispatch.ts';

async function main(): Promise<void> {
  const { env } = process;
  const { processStreams, processTerminal } = await import('../io/terminal.ts');
  const terminal = processTerminal(env);
  const debug = env.SIGNET_DEBUG !== undefined && env.SIGNET_DEBUG !== '';
  const fail = (error: unknown): never => process.exit(exitCodeOf(error, terminal, debug));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    const code = await dispatch({
      args: process.argv.slice(2),
      env,
      cwd: process.cwd(),
      streams: processStreams(env),
      terminal,
      now: () => Math.floor(Date.now() / 1000),
      entry: process.argv[1] ?? '',
    });
    process.exit(code);
  } catch (error) {
    fail(error);
  }
}

void main();
