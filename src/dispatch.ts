/**
 * Two grammars (an argument that begins with '-' is git calling its signing program, anything else is a command),
 * and one place where errors become a line, a hint and an exit code. git starts this once a commit, so it imports only
 * what it needs at once. The words for a system error are there from the start, because an upgrade may have removed the
 * files that they would come from.
 */

import { ExitCode, isSignetError } from './errors.ts';
import type { Invocation } from './system/invocation.ts';
import { systemError } from './system/system-error.ts';
import type { Terminal } from './system/terminal.ts';

/** What a shell reports for a program whose reader went away (128 + SIGPIPE). */
const READER_GONE = 141;

/** Says what went wrong and what to do, and returns the exit code of that error: never 0. The only way from an error to one. */
export function tellError(thrown: unknown, terminal: Terminal, debug: boolean): number {
  if (thrown instanceof Error && thrown.name === 'OutputClosed') return READER_GONE;
  // a full disk is no bug of ours, wherever it is met
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
    terminal.hint('this is a bug in git-signet; SIGNET_DEBUG=1 shows where');
  }
  if (debug && error instanceof Error) {
    for (const line of (error.stack ?? '').split('\n').slice(1)) terminal.hint(line.trim());
  }
  const code = isSignetError(error) ? error.exitCode : ExitCode.bug;
  return code === ExitCode.ok ? ExitCode.bug : code;
}

/** `--help` of a command, wherever it stands before `--`. */
function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}

async function noArguments({ streams }: Invocation): Promise<ExitCode> {
  const [{ overview }, { COMMANDS }] = await Promise.all([
    import('./commands/help.ts'),
    import('./commands/table.ts'),
  ]);
  streams.status(2).write(overview(COMMANDS));
  return ExitCode.usage;
}

/** Runs a command without arguments. */
async function runBare(word: 'help' | 'version', invocation: Invocation): Promise<ExitCode> {
  const [{ COMMANDS }, { run }] = await Promise.all([
    import('./commands/table.ts'),
    word === 'help' ? import('./commands/help.ts') : import('./commands/version.ts'),
  ]);
  return run({ ...invocation, args: [] }, COMMANDS);
}

/** Finds what the arguments call for, and runs it. */
export async function dispatch(invocation: Invocation): Promise<number> {
  const [first, ...rest] = invocation.args;
  if (first === undefined) return noArguments(invocation);
  const only = rest.length === 0;
  if (only && (first === '--version' || first === 'version')) {
    return runBare('version', invocation);
  }
  if (first.startsWith('-')) {
    const { run } = await import('./gpgsm/gpgsm.ts');
    return run(invocation, (word) => runBare(word, invocation));
  }
  const { COMMANDS } = await import('./commands/table.ts');
  const command = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  if (command === undefined)
    throw (await import('./commands/help.ts')).unknownCommand(first, COMMANDS);
  const [module, { compileEagerly }] = await Promise.all([
    command.load(),
    import('./system/runtime.ts'),
  ]);
  compileEagerly();
  if (wantsHelp(rest)) {
    invocation.streams.write(module.help);
    return ExitCode.ok;
  }
  return module.run({ ...invocation, args: rest }, COMMANDS);
}
