/**
 * Asks the person at the agent's machine with a program of the agent's own configuration, as ssh-agent asks with
 * ssh-askpass: one argument to show, exit 0 for yes. There is no shell, what is shown is escaped, and no answer is a no.
 * When the client has left, the question is taken from the screen.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { visible } from '../../core/escape.ts';
import type { Environment } from '../../system/environment.ts';
import { findExecutable } from '../../system/process.ts';
import { AGREEING_SECONDS } from '../client/patience.ts';
import { briefText } from './description.ts';
import type { Confirm } from './forward.ts';

const WINDOWS = process.platform === 'win32';
const KEPT = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'],
  ...['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'TMPDIR'],
];

/** Returns a question by `program`, a path or a name on PATH. */
export function confirmWith(program: string, env: Environment): Confirm {
  return (what, repository, left) => {
    const path = findExecutable(program, env);
    if (path === undefined) return Promise.resolve(false);
    const kept = KEPT.map((name) => [name, env[name]] as const);
    const own = { ...Object.fromEntries(kept), SSH_ASKPASS_PROMPT: 'confirm' };
    const where = repository === '' ? '' : `\nrepository: ${visible(repository)}`;
    const subject = briefText(what.subject);
    const question = `Sign this ${what.type} as you, for another machine?\nsubject: ${subject}${where}`;
    return new Promise((resolve) => {
      // a group of its own, because many such programs are scripts, and the dialog is their child
      const child = spawn(path, [question], { env: own, stdio: 'ignore', detached: !WINDOWS });
      const end = (): void => killAll(child);
      const late = setTimeout(end, AGREEING_SECONDS * 1000);
      left.addEventListener('abort', end);
      const answered = (yes: boolean): void => {
        clearTimeout(late);
        left.removeEventListener('abort', end);
        resolve(yes);
      };
      child.on('error', () => answered(false));
      child.on('exit', (code) => answered(code === 0));
      if (left.aborted) end();
    });
  };
}

function killAll(child: ChildProcess): void {
  try {
    if (WINDOWS || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}
