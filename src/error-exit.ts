/**
 * The only place where an error becomes a line, a hint and an exit code. Every start loads it, so that the words for system
 * errors are there even if an upgrade has removed the files of this program by the time of the error.
 */

import { ExitCode, isSignetError } from './errors.ts';
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
