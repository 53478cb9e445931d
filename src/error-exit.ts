/**
 * The only place where an error becomes a line, a hint and an exit code. Every start loads it, so that the words for system
 * errors are there even if an upgrade has removed the files of this program by the time of the error.
 */

import { type ErrorKind, ExitCode, isSignetError } from './errors.ts';
import { systemError } from './system/system-error.ts';
import type { Terminal } from './system/terminal.ts';

/** The exit code of a program whose output is no longer read (128 + SIGPIPE). */
const READER_GONE = 141;

/** An interruption without an exit code of its own. */
const INTERRUPTED = { message: 'interrupted', hint: undefined, lines: [], exitCode: ExitCode.bug };

/** An error in words. Raw text. */
export interface ToldError {
  /** The kind of an error of this program, or `bug`. */
  readonly kind: ErrorKind | 'bug';
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly lines: readonly string[];
  readonly exitCode: number;
}

/** Returns the error in words, or undefined if the user or the reader of the output has ended the program. */
export function errorInWords(thrown: unknown): ToldError | undefined {
  if (thrown instanceof Error && ['OutputClosed', 'Interrupted'].includes(thrown.name)) {
    return undefined;
  }
  // a full disk is no bug of this program
  const error = systemError(thrown) ?? thrown;
  const message = error instanceof Error ? error.message : String(error);
  if (isSignetError(error)) {
    const { kind, code, hint, lines, exitCode } = error;
    // no error may end in success
    const never = exitCode === ExitCode.ok ? ExitCode.bug : exitCode;
    return { kind, code, message, hint, lines, exitCode: never };
  }
  return {
    kind: 'bug',
    code: 'INTERNAL',
    message: `internal error: ${message.split('\n')[0] ?? ''}`,
    hint: 'this is a bug in git-signet. To see where, set SIGNET_DEBUG=1',
    lines: [],
    exitCode: ExitCode.bug,
  };
}

/** Prints an error and its hint, and returns its exit code, which is never 0. */
export function tellError(thrown: unknown, terminal: Terminal, debug: boolean): number {
  if (thrown instanceof Error && thrown.name === 'OutputClosed') return READER_GONE;
  terminal.progress(undefined);
  if (thrown instanceof Error && thrown.name === 'Interrupted' && 'exitCode' in thrown) {
    if (thrown.message !== '') terminal.say(thrown.message);
    return Number(thrown.exitCode);
  }
  const { message, hint, lines, exitCode } = errorInWords(thrown) ?? INTERRUPTED;
  terminal.say(message);
  for (const line of [...(hint === undefined ? [] : [hint]), ...lines]) terminal.hint(line);
  if (debug && thrown instanceof Error) {
    for (const line of (thrown.stack ?? '').split('\n').slice(1)) terminal.hint(line.trim());
  }
  return exitCode;
}
