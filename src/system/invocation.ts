/** What this process was started with, and what it may use. Every command and git's call get it. */

import type { Environment } from './environment.ts';
import type { Streams, Terminal } from './terminal.ts';

export interface Invocation {
  /** The arguments after the command's name. For git's call, all arguments. */
  readonly args: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly streams: Streams;
  readonly terminal: Terminal;
  /** Unix seconds. */
  readonly now: () => number;
  /** git's configuration (listGitConfig), if the process has started to read it. */
  readonly askedGit?: Promise<string> | undefined;
  /** The file that started this process. Workers start from it too. */
  readonly entry: string;
}
