/**
 * Joins and splits absolute paths. Loading node:path takes a millisecond of each call by git, so it is loaded only for
 * Windows, and for a path that is not in its shortest form. The results are those of node:path.
 */

const WINDOWS = process.platform === 'win32';

/** What separates the folders of PATH. */
export const delimiter = WINDOWS ? ';' : ':';

const nodePath = (): typeof import('node:path') => process.getBuiltinModule('node:path');

/** A part that is empty, `.` or `..`, or a slash at the end. */
const NOT_SHORTEST = /\/\.{0,2}(?:\/|$)/;

/** Returns true for an absolute POSIX path that normalizing does not change. On Windows it returns false. */
export function isPlain(path: string): boolean {
  return !WINDOWS && path.startsWith('/') && !NOT_SHORTEST.test(path);
}

/** Returns true if the path starts from a root. */
export function isAbsolute(path: string): boolean {
  return WINDOWS ? nodePath().isAbsolute(path) : path.startsWith('/');
}

/** Returns the parts as one normalized path. */
export function join(...parts: readonly string[]): string {
  const joined = (parts[0] === '/' ? ['', ...parts.slice(1)] : parts).join('/');
  return isPlain(joined) ? joined : nodePath().join(...parts);
}

/** Returns the path of the folder that the last part is in. */
export function dirname(path: string): string {
  return isPlain(path) ? path.slice(0, path.lastIndexOf('/')) || '/' : nodePath().dirname(path);
}

/** Returns the last part of a path. */
export function basename(path: string): string {
  return isPlain(path) ? path.slice(path.lastIndexOf('/') + 1) : nodePath().basename(path);
}

/** Returns a path as an absolute one. A relative one starts from the directory `cwd`. */
export function resolve(cwd: string, path: string): string {
  if (isPlain(path)) return path;
  const joined = `${cwd}/${path}`;
  return !path.startsWith('/') && isPlain(joined) ? joined : nodePath().resolve(cwd, path);
}
