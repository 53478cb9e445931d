/** What every command is given, and what it gives back. */

import type { ExitCode } from '../errors.ts';
import type { Environment } from '../settings/load.ts';
import type { Streams, Terminal } from '../system/terminal.ts';

export interface Invocation {
  /** Arguments after the command's own name; for git's own grammar, all of them. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly streams: Streams;
  readonly terminal: Terminal;
  /** Unix seconds. */
  readonly now: () => number;
  /** git's configuration (listGitConfig), where the process began by asking for it. */
  readonly askedGit?: Promise<string> | undefined;
  /** The file that started this process: workers start from it too. */
  readonly entry: string;
}

export type Command = (invocation: Invocation) => Promise<ExitCode>;

/** What a command's module exports: `run`, and the text of its `--help`. */
export interface CommandModule {
  readonly run: Command;
  readonly help: string;
}
