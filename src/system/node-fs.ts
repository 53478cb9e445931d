/** Loads node:fs on use, because git's path can do without it. Once it is loaded, nothing is faster. */

let loaded: typeof import('node:fs') | undefined;

/** Returns the functions of node:fs. The first call takes a millisecond. */
export function nodeFs(): typeof import('node:fs') {
  loaded ??= process.getBuiltinModule('node:fs');
  return loaded;
}

/** Returns true if this process has used node:fs. */
export function isNodeFsLoaded(): boolean {
  return loaded !== undefined;
}
