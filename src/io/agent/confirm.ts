/**
 * Asks the person at the agent's machine with a program of the agent's own configuration, as ssh-agent asks with
 * ssh-askpass: one argument to show, exit 0 for yes. No shell; what is shown is escaped; no answer is a no.
 */

import { execFile } from 'node:child_process';
import { visible } from '../../core/escape.ts';
import type { Environment } from '../config.ts';
import { findExecutable } from '../process.ts';
import type { Described } from './forward.ts';

const ASKING_MS = 60_000;
const SHOWN = 200;
const KEPT = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY'],
  ...['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'TMPDIR'],
];

/** `program`: a path, or a name on PATH. */
export function confirmWith(
  program: string,
  environment: Environment,
): (what: Described, repository: string) => Promise<boolean> {
  return (what, repository) => {
    const path = findExecutable(program, environment);
    if (path === undefined) return Promise.resolve(false);
    const kept = KEPT.map((name) => [name, environment[name]] as const);
    const env = { ...Object.fromEntries(kept), SSH_ASKPASS_PROMPT: 'confirm' };
    const where = repository === '' ? '' : `\nrepository: ${visible(repository)}`;
    const subject = visible(what.subject.slice(0, SHOWN));
    const question = `Sign this ${what.type} as you, for another machine?\nsubject: ${subject}${where}`;
    return new Promise((resolve) => {
      const options = { env, timeout: ASKING_MS, killSignal: 'SIGKILL', shell: false } as const;
      execFile(path, [question], options, (error) => resolve(error === null));
    });
  };
}
