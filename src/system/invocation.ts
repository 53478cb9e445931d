/** What a process was started with, and what it may use: every command and git's own call get this. */

import type { Environment } from './environment.ts';
import type { Streams, Terminal } from './terminal.ts';

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
