/** Things that are said once a day at most. What cannot be remembered is not said: talk is no reason to fail. */

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './config.ts';

const DAY = 86_400;

function stateDirectory(env: Environment): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home, LOCALAPPDATA: local } = env;
  if (state !== undefined && isAbsolute(state)) return join(state, 'git-signet');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'state', 'git-signet');
  return local !== undefined && isAbsolute(local) ? join(local, 'git-signet') : undefined;
}

/** True the first time within a day, for each topic. `now` in Unix seconds. */
export function onceADay(topic: string, env: Environment, now: number): boolean {
  const directory = stateDirectory(env);
  if (directory === undefined) return false;
  const path = join(directory, `said-${topic}`);
  try {
    const said = (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) / 1000;
    if (Math.abs(now - said) < DAY) return false;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(path, '', { mode: 0o600 });
    return true;
  } catch {
    return false;
  }
}
