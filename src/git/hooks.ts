/**
 * The hooks directory of a repository: ours put in, what was there moved aside and put back. What was there keeps its
 * name in a directory beside it, because many hooks ask what they are called to know what to do.
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

/** Second line of every hook that we write. */
const MARK = '# made by git signet hooks install; git signet hooks remove takes it away';
const ASIDE = 'before-git-signet';

/** Text of a hook: `program` and `options` are shell words already. */
export function hookText(name: HookName, program: string, options: string): string {
  return `#!/bin/sh\n${MARK}\nexec ${program} hooks run ${name}${options} -- "$@"\n`;
}

/** What stood there before ours; undefined without one that git would run. */
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

/** Moves a hook; a link that is relative goes on pointing to where it pointed. */
function move(from: string, to: string): void {
  if (isThere(to)) {
    throw new ConfigError(`${to} is there already`, {
      hint: 'remove it, or put it back where it was, then run this again',
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

/** Puts a hook of ours in place; true where one of somebody else's was moved aside for it. */
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

/** Takes ours away and puts back what was there. `undefined`: none of ours was there; else whether one came back. */
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
    // the other hook's lies there still
  }
  return true;
}

/** Runs a hook as git would: same arguments, same input, same environment, our own output. Its exit code. */
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
    // A hook that reads nothing is no failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
