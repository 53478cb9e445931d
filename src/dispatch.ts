/**
 * Chooses what to run. If the first argument begins with '-', git calls its signing program. Anything else is a command.
 * git starts this program once a commit, so this file imports only what every call needs.
 */

import { ExitCode } from './errors.ts';
import type { Invocation } from './system/invocation.ts';

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
  if (found.command.brief !== true) (await import('./system/runtime.ts')).compileEagerly();
  return call(found, invocation, COMMANDS);
}
