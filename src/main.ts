/** Starts the program with the arguments, environment and clock of this process, and ends the process. */

import { dispatch } from './dispatch.ts';
import { errorInWords, tellError } from './error-exit.ts';
import { UsageError } from './errors.ts';
import { gitBoolean, listGitConfig, parseGitConfig } from './git/config.ts';
import { keepFailure } from './system/last-failure.ts';

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

/** Starts reading git's configuration for the calls that soon need it (git's own, and `log`), because git prints it while this program loads. */
function askGit(args: readonly string[]): Promise<string> | undefined {
  if (args[0] !== 'log' && !args.some((arg) => arg.startsWith('--status-fd'))) return undefined;
  // the code that awaits the answer reports a failure, also of a removed directory
  const ask = async (): Promise<string> =>
    listGitConfig({ cwd: currentDirectory(), env: process.env });
  const asked = ask();
  asked.catch(() => undefined);
  return asked;
}

/**
 * Keeps a failure to sign, after it was told, unless `signet.lastFailure` forbids that. The settings may be what failed, so
 * they are not loaded: `listed` is what git printed by then. It does not wait, because no signature may be written any more.
 */
function keepSigningFailure(error: unknown, args: readonly string[], listed: string): void {
  const told = errorInWords(error);
  const signs = args.some((arg) => arg.startsWith('--status-fd')) && !args.includes('--verify');
  if (told === undefined || !signs) return;
  const { env } = process;
  const entry = parseGitConfig(listed).findLast(({ key }) => key === 'signet.lastfailure');
  const configured = entry === undefined ? true : gitBoolean(entry.value);
  const named = env['SIGNET_LAST_FAILURE'];
  if ((named === undefined ? configured : gitBoolean(named)) === false) return;
  const { kind, code, message, hint = '' } = told;
  const time = Math.floor(Date.now() / 1000);
  keepFailure({ kind, code, message, hint, time, repository: process.cwd() }, env);
}

async function main(): Promise<void> {
  const { env } = process;
  const args = process.argv.slice(2);
  const askedGit = askGit(args);
  const { processStreams, processTerminal } = await import('./system/terminal.ts');
  const terminal = processTerminal(env);
  const debug = env.SIGNET_DEBUG !== undefined && env.SIGNET_DEBUG !== '';
  let listed = '';
  askedGit?.then(
    (text) => {
      listed = text;
    },
    () => undefined,
  );
  const fail = (error: unknown): never => {
    const code = tellError(error, terminal, debug);
    try {
      keepSigningFailure(error, args, listed);
    } catch {
      // the failure itself was told
    }
    return process.exit(code);
  };
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
