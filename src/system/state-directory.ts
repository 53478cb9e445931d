/** Where small things are remembered for the user between calls: marks without content, in a directory of theirs alone. */

import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './environment.ts';

export function stateDirectory(env: Environment): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home, LOCALAPPDATA: local } = env;
  if (state !== undefined && isAbsolute(state)) return join(state, 'git-signet');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'state', 'git-signet');
  return local !== undefined && isAbsolute(local) ? join(local, 'git-signet') : undefined;
}

/** Where the user's own data lies that must outlive a call; undefined where the environment names no home. */
export function dataDirectory(env: Environment): string | undefined {
  const { XDG_DATA_HOME: data, HOME: home, LOCALAPPDATA: local } = env;
  if (data !== undefined && isAbsolute(data)) return join(data, 'git-signet');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'share', 'git-signet');
  return local !== undefined && isAbsolute(local) ? join(local, 'git-signet') : undefined;
}

/** One thing that is either remembered or not. What cannot be read is not remembered; what cannot be kept is forgotten. */
export interface Mark {
  /** When it was set, in Unix seconds; undefined when it is not. */
  readonly setAt: () => number | undefined;
  /** False when it could not be kept. */
  readonly set: () => boolean;
  readonly clear: () => void;
}

/** `name` is a plain file name. */
export function markNamed(name: string, env: Environment): Mark {
  const directory = stateDirectory(env);
  const path = directory === undefined ? undefined : join(directory, name);
  return {
    setAt: () => {
      try {
        const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
        return found === undefined ? undefined : found.mtimeMs / 1000;
      } catch {
        return undefined;
      }
    },
    set: () => {
      if (directory === undefined || path === undefined) return false;
      try {
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        writeFileSync(path, '', { mode: 0o600 });
        return true;
      } catch {
        return false;
      }
    },
    clear: () => {
      try {
        if (path !== undefined) rmSync(path, { force: true });
      } catch {
        // kept where nothing can be changed
      }
    },
  };
}
