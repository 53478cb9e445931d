/** A pager, as git starts one (pager.c): through the shell, on this terminal, with less told how to behave. */

import { spawn } from 'node:child_process';
import { UsageError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { OutputClosed } from './terminal.ts';

export interface Pager {
  /** Writes at the pager's pace. @throws OutputClosed once it has gone */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Resolves when the person has left it. @throws UsageError if the shell knows no such program */
  readonly close: () => Promise<void>;
}

/** What git tells less and lv where the user does not. */
const TOLD = { LESS: 'FRX', LV: '-c' };

/** The exit code of a shell for a command that it does not find. */
const NO_SUCH_COMMAND = 127;

/** Starts a pager by its command line. Ctrl-C is the pager's until it ends. */
export function startPager(command: string, cwd: string, env: Environment): Pager {
  const child = spawn(command, {
    ...{ cwd, shell: true, stdio: ['pipe', 'inherit', 'inherit'] },
    env: { ...TOLD, ...env },
  });
  const { stdin } = child;
  const keep = (): void => undefined;
  process.on('SIGINT', keep);
  let gone = false;
  let unknown = false;
  const ended = new Promise<void>((resolve) => {
    const end = (code: unknown): void => {
      gone = true;
      unknown = code === NO_SUCH_COMMAND;
      process.off('SIGINT', keep);
      resolve();
    };
    child.once('error', end);
    child.once('close', end);
  });
  stdin?.on('error', () => {
    gone = true;
  });
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (gone || stdin === null) throw new OutputClosed();
    if (stdin.write(bytes)) return;
    await Promise.race([new Promise((resolve) => stdin.once('drain', resolve)), ended]);
  };
  const close = async (): Promise<void> => {
    stdin?.end();
    await ended;
    if (unknown) {
      throw new UsageError(`the pager ${command} was not found`, {
        hint: 'git --no-pager signet log',
      });
    }
  };
  return { write, close };
}
