/**
 * Chooses what to run. If the first argument begins with '-', git calls its signing program. Anything else is a command.
 * This is also the only place where an error becomes a line, a hint and an exit code. git starts this program once a
 * commit, so this file imports only what every call needs. The words for system errors are loaded from the start,
 * because an upgrade may have removed the files of this program by the time of the error.
 */

import { ExitCode, isSignetError } from './errors.ts';
import type { Invocation } from './system/invocation.ts';
import { systemError } from './system/system-error.ts';
import type { Terminal } from './system/terminal.ts';

/** The exit code of a program whose output is no longer read (128 + SIGPIPE). */
const READER_GONE = 141;

/** Prints an error and its hint, and returns its exit code, which is never 0. */
export function tellError(thrown: unknown, terminal: Terminal, debug: boolean): number {
  if (thrown instanceof Error && thrown.name === 'OutputClosed') return READER_GONE;
  // a full disk is no bug of this program
  const error = systemError(thrown) ?? thrown;
  terminal.progress(undefined);
  if (error instanceof Error && error.name === 'Interrupted' && 'exitCode' in error) {
    terminal.say(error.message);
    return Number(error.exitCode);
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isSignetError(error)) {
    terminal.say(message);
    if (error.hint !== undefined) terminal.hint(error.hint);
  } else {
    terminal.say(`internal error: ${message.split('\n')[0] ?? ''}`);
    terminal.hint('this is a bug in git-signet. To see where, set SIGNET_DEBUG=1');
  }
  if (debug && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n').slice(1)) terminal.hint(line.trim());
  }
  const code = isSignetError(error) ? error.exitCode : ExitCode.bug;
  return code === ExitCode.ok ? ExitCode.bug : code;
}

async function noArguments({ streams }: Invocation): Promise<ExitCode> {
  const [{ overview }, { COMMANDS }] = await Promise.all([
    import('./commands/help.ts'),
    import('./commands/table.ts'),
  ]);
  streams.status(2).write(await overview(COMMANDS));
  return ExitCode.usage;
}

/** Runs a command without arguments: what clients of git ask at every start loads nothing more. */
async function runBare(word: 'help' | 'version', invocation: Invocation): Promise<ExitCode> {
  const [{ COMMANDS }, { NO_ARGUMENTS }, { command }] = await Promise.all([
    import('./commands/table.ts'),
    import('./cli/spec.ts'),
    word === 'help' ? import('./commands/help.ts') : import('./commands/version.ts'),
  ]);
  return command.run?.(NO_ARGUMENTS, invocation, COMMANDS) ?? ExitCode.bug;
}

/** Runs what the arguments ask for, and returns the exit code. */
export async function dispatch(invocation: Invocation): Promise<number> {
  const [first, ...rest] = invocation.args;
  if (first === undefined) return noArguments(invocation);
  if (rest.length === 0 && (first === '--version' || first === 'version')) {
    return runBare('version', invocation);
  }
  if (first.startsWith('-')) {
    const { run } = await import('./gpgsm/gpgsm.ts');
    return run(invocation, (word) => runBare(word, invocation));
  }
  const [{ COMMANDS }, { call, findCommand }] = await Promise.all([
    import('./commands/table.ts'),
    import('./cli/call.ts'),
  ]);
  const found = await findCommand(invocation.args, COMMANDS);
  (await import('./system/runtime.ts')).compileEagerly();
  return call(found, invocation, COMMANDS);
}
