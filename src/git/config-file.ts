/** The files of git's configuration: where they are, how they are replaced, and how values look in them. */

import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { systemReason } from '../system/system-error.ts';
import { type ConfigPlace, LOCKED_HINT } from './config-edit.ts';

/** Returns the user's own file, by the rule of git-config(1). @throws ConfigError if the environment names no home */
export function globalFile({ env, cwd }: ConfigPlace): string {
  const { HOME: home = env['USERPROFILE'], XDG_CONFIG_HOME: xdg } = env;
  const named = env.GIT_CONFIG_GLOBAL;
  if (named) return resolve(cwd, named);
  if (!home) throw new ConfigError('there is no file for --global: HOME is not set');
  const [own, other] = [join(home, '.gitconfig'), join(xdg || join(home, '.config'), 'git/config')];
  const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined;
  return !isThere(own) && isThere(other) ? other : own;
}

const MAX_LINKS = 40;

/** Returns the file that a path leads to, which need not be there yet. @throws ConfigError if links go in a circle */
export function followLinks(path: string): string {
  let at = path;
  for (let count = 0; count < MAX_LINKS; count += 1) {
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (found === undefined) return at;
    if (!found.isSymbolicLink()) return join(realpathSync(dirname(at)), basename(at));
    at = resolve(realpathSync(dirname(at)), readlinkSync(at));
  }
  throw new ConfigError(`${path} is a link that leads to no end`);
}

/** Returns the bytes of a file as Latin-1 text, or undefined if there is none. @throws ConfigError */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new ConfigError(`${path} cannot be read: ${systemReason(error)}`);
  }
}

const READ_ONLY = ['EACCES', 'EPERM', 'EROFS'];

function notWritten(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EEXIST') {
    return new ConfigError(`could not lock config file ${path}: File exists`, {
      hint: LOCKED_HINT,
    });
  }
  const why = systemReason(error);
  if (READ_ONLY.includes(code)) return readOnly(`${path} cannot be written: ${why}`);
  return why === '' ? error : new ConfigError(`${path} cannot be written: ${why}`);
}

const readOnly = (what: string): ConfigError => new ConfigError(what, { code: 'CONFIG_READ_ONLY' });

/**
 * Replaces a file in one step, under git's own lock. Without `becomes` the file is removed. `was` is what the change
 * started from (Latin-1 text). @throws ConfigError, with code `CONFIG_READ_ONLY` if the file or its folder cannot be written
 */
export function replaceFile(
  path: string,
  was: string | undefined,
  becomes: string | undefined,
): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  // a rename would replace the file all the same
  if (mode !== undefined && (mode & 0o222) === 0) throw readOnly(`${path} is read-only`);
  const lock = `${path}.lock`;
  let descriptor: number;
  try {
    descriptor = openSync(lock, 'wx', mode === undefined ? 0o666 : mode & 0o777);
  } catch (error) {
    throw notWritten(path, error);
  }
  try {
    try {
      if (readIfThere(path) !== was) {
        throw new ConfigError(`${path} was changed meanwhile`, { hint: 'run the command again' });
      }
      const bytes = Buffer.from(becomes ?? '', 'latin1');
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (becomes !== undefined) renameSync(lock, path);
    else {
      rmSync(path);
      rmSync(lock);
    }
  } catch (error) {
    rmSync(lock, { force: true });
    throw notWritten(path, error);
  }
}

/** Returns a value as it stands in a file of git's configuration. */
function written(value: string): string {
  const escaped = value
    .replaceAll(/[\\"]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return /^\s|\s$|[;#]/.test(value) ? `"${escaped}"` : escaped;
}

/** Returns the lines of a file that set these values: `[signet]`, then `    identity = alice@example.com`. */
export function configLines(
  values: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const sections = Map.groupBy(
    Object.entries(values).filter(([, list]) => list.length > 0),
    ([key]) => key.slice(0, key.lastIndexOf('.')),
  );
  return [...sections].flatMap(([name, entries]) => {
    const dot = name.indexOf('.');
    const below = name.slice(dot + 1).replaceAll(/[\\"]/g, '\\$&');
    const head = dot < 0 ? `[${name}]` : `[${name.slice(0, dot)} "${below}"]`;
    const lines = entries.flatMap(([key, list]) =>
      list.map((value) => `    ${key.slice(key.lastIndexOf('.') + 1)} = ${written(value)}`),
    );
    return [head, ...lines];
  });
}
