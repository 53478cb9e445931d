/**
 * This very program as a file that git can start. Editors and other clients start git with a PATH of their own, in which
 * there may be no `node`: so neither npm's script in `bin`, which asks PATH for it, nor a bare `git-signet` will do. The
 * executable is such a file. The Node form gets one: a launcher that names the Node it runs on.
 */

import {
  closeSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { findExecutable } from './process.ts';
import { programWords } from './runtime.ts';
import { dataDirectory } from './state-directory.ts';

export interface OwnProgram {
  /** Absolute. */
  readonly path: string;
  /** What must stand in the file at `path`; undefined for the executable, which is there. */
  readonly launcher?: string | undefined;
}

export interface Running {
  readonly env: Environment;
  /** The file that this process started from. */
  readonly entry: string;
  /**
   * Where a launcher is written. By default, a `git-signet` on PATH that needs none is preferred, and a launcher goes beside
   * the user's other data, where no upgrade removes it.
   */
  readonly directory?: string | undefined;
}

/**
 * Returns the file that git can start with nothing on PATH. Nothing is written: see `installOwnProgram`.
 *
 * @throws ConfigError where a launcher is needed, and neither XDG_DATA_HOME nor HOME says where to keep it
 */
export function ownProgram({ env, entry, directory }: Running): OwnProgram {
  const [program, script] = programWords(entry);
  if (script === undefined) return { path: program };
  const found = directory === undefined ? findExecutable('git-signet', env) : undefined;
  if (found !== undefined && !asksPathForInterpreter(found)) return { path: found };
  const kept = directory ?? dataDirectory(env);
  if (kept === undefined) {
    throw new ConfigError(
      'no place to keep a launcher for git: neither XDG_DATA_HOME nor HOME is set',
    );
  }
  return { path: join(kept, 'git-signet'), launcher: launcherText(onPath(program, env), script) };
}

/** The same, and the launcher is there afterwards. @throws ConfigError where it cannot be written */
export function installOwnProgram(running: Running): string {
  const { path, launcher } = ownProgram(running);
  if (launcher === undefined) return path;
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    // git may be starting the old one
    writeFileSync(`${path}.new`, launcher, { mode: 0o755 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`cannot write ${path}, by which git starts this program: ${why}`);
  }
  return path;
}

/**
 * True where the file is a script that asks PATH for its interpreter (`#!/usr/bin/env node`): git cannot start it from a
 * client that has another PATH.
 */
export function asksPathForInterpreter(path: string): boolean {
  const head = Buffer.alloc(64);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, head);
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
  return /^#! *\S*\/env\b/.test(head.toString('latin1'));
}

/** The entry of PATH that leads to this interpreter, which outlives an upgrade of it; else its own path. */
function onPath(interpreter: string, env: Environment): string {
  const found = findExecutable(basename(interpreter), env);
  try {
    return found !== undefined && realpathSync(found) === realpathSync(interpreter)
      ? found
      : interpreter;
  } catch {
    return interpreter;
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Git for Windows runs such scripts too. */
const launcherText = (interpreter: string, script: string): string => `#!/bin/sh
# Starts git-signet where PATH has no node. Written by git-signet; git signet init writes it again.
for file in ${quote(interpreter)} ${quote(script)}; do
  [ -e "$file" ] && continue
  echo "git-signet: $file was removed, and git starts git-signet by it" >&2
  echo "  git signet init" >&2
  exit 2
done
exec ${quote(interpreter)} ${quote(script)} "$@"
`;
