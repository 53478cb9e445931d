/** Keeps marks between calls: empty files in a private directory of the user. */

import type { Environment } from './environment.ts';
import { nodeFs } from './node-fs.ts';
import { isAbsolute, join } from './paths.ts';

/** Returns the directory for the user's state, or undefined if the environment names no home. */
export function stateDirectory(env: Environment): string | undefined {
  const { XDG_STATE_HOME: state, HOME: home, LOCALAPPDATA: local } = env;
  if (state !== undefined && isAbsolute(state)) return join(state, 'git-signet');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'state', 'git-signet');
  return local !== undefined && isAbsolute(local) ? join(local, 'git-signet') : undefined;
}

/** Returns the directory for the user's data, or undefined if the environment names no home. */
export function dataDirectory(env: Environment): string | undefined {
  const { XDG_DATA_HOME: data, HOME: home, LOCALAPPDATA: local } = env;
  if (data !== undefined && isAbsolute(data)) return join(data, 'git-signet');
  if (home !== undefined && isAbsolute(home)) return join(home, '.local', 'share', 'git-signet');
  return local !== undefined && isAbsolute(local) ? join(local, 'git-signet') : undefined;
}

/** A mark that is set or not. If it cannot be read, it counts as not set. */
export interface Mark {
  /** Returns when it was set, in Unix seconds, or undefined if it is not set. */
  readonly setAt: () => number | undefined;
  /** Sets it, and returns false if that failed. */
  readonly set: () => boolean;
  readonly clear: () => void;
}

/** Returns the mark with this name, which is a plain file name. */
export function markNamed(name: string, env: Environment): Mark {
  const directory = stateDirectory(env);
  const path = directory === undefined ? undefined : join(directory, name);
  return {
    setAt: () => {
      try {
        const found =
          path === undefined ? undefined : nodeFs().statSync(path, { throwIfNoEntry: false });
        return found === undefined ? undefined : found.mtimeMs / 1000;
      } catch {
        return undefined;
      }
    },
    set: () => {
      if (directory === undefined || path === undefined) return false;
      const { mkdirSync, writeFileSync } = nodeFs();
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
        if (path !== undefined) nodeFs().rmSync(path, { force: true });
      } catch {
        // a mark that cannot be removed stays
      }
    },
  };
}
