/**
 * Installs and removes hooks in a repository. An earlier hook is moved aside and put back later. It keeps its file name in
 * a directory beside, because many hooks read their own name to know what to do.
 */

import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';

export type HookName = 'pre-push' | 'pre-receive';

/** Second line of every hook that this program writes. */
const MARK = '# made by git signet hooks install; git signet hooks remove takes it away';
const ASIDE = 'before-git-signet';

/** Returns the text of a hook. `program` and `options` must already be quoted for a shell. */
export function hookText(name: HookName, program: string, options: string): string {
  return `#!/bin/sh\n${MARK}\nexec ${program} hooks run ${name}${options} -- "$@"\n`;
}

/** Returns the path of the earlier hook, or undefined if there is none that git would run. */
export function earlierHook(directory: string, name: HookName): string | undefined {
  const path = join(directory, ASIDE, name);
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & 0o111) !== 0 ? path : undefined;
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function isOurs(path: string): boolean {
  if (!existsSync(path)) return false;
  return readFileSync(path, 'utf8').split('\n')[1] === MARK;
}

/** Moves a hook. A relative link still points to the same file afterwards. */
function move(from: string, to: string): void {
  if (isThere(to)) {
    throw new ConfigError(`${to} already exists`, {
      hint: 'remove it or move it back, then run this again',
    });
  }
  mkdirSync(dirname(to), { recursive: true });
  const link = lstatSync(from).isSymbolicLink() ? readlinkSync(from) : undefined;
  if (link === undefined || isAbsolute(link)) {
    renameSync(from, to);
  } else {
    symlinkSync(relative(dirname(to), resolve(dirname(from), link)), to);
    rmSync(from);
  }
}

/** Installs a hook. Returns true if an earlier hook was moved aside for it. */
export function installHook(directory: string, name: HookName, text: string): boolean {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  const foreign = isThere(path) && !isOurs(path);
  if (foreign) move(path, join(directory, ASIDE, name));
  const fresh = join(directory, `.${name}.git-signet-${process.pid}`);
  writeFileSync(fresh, text, { flag: 'wx', mode: 0o755 });
  chmodSync(fresh, 0o755);
  renameSync(fresh, path);
  return foreign;
}

/** Removes our hook and puts the earlier one back. Returns undefined if ours was not there, else whether an earlier one came back. */
export function removeHook(directory: string, name: HookName): boolean | undefined {
  const path = join(directory, name);
  if (!isOurs(path)) return undefined;
  rmSync(path);
  const aside = join(directory, ASIDE, name);
  if (!isThere(aside)) return false;
  move(aside, path);
  try {
    rmdirSync(dirname(aside));
  } catch {
    // the earlier hook of another name still lies there
  }
  return true;
}

/** Runs a hook as git would, with the same arguments, input and environment, and our own output. Returns its exit code. */
export function runHook(
  path: string,
  args: readonly string[],
  {
    cwd,
    env,
    input,
  }: { readonly cwd: string; readonly env: Environment; readonly input: Uint8Array },
): Promise<number> {
  return new Promise((done, reject) => {
    const child = spawn(path, args, {
      ...{ cwd, env: { ...env }, windowsHide: true },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    child.once('error', (error) => reject(new ConfigError(`${path}: ${error.message}`)));
    child.once('close', (code, signal) => {
      done(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
    // a hook may end without reading its input
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
