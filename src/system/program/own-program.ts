/**
 * Finds this program as a file that git can start. Editors and other clients start git with their own PATH, which may hold
 * no `node`. So git cannot start npm's script in `bin`, which asks PATH for `node`, nor a bare `git-signet`. The executable
 * needs neither. For the Node form a launcher is written that names the Node it runs on.
 */

import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../../errors.ts';
import type { Environment } from '../environment.ts';
import { programWords } from '../runtime.ts';
import { shellQuoted } from '../shell.ts';
import { dataDirectory } from '../state-directory.ts';
import { type Proof, passesAway, provenShim, sameFile, stableLink } from './stable-path.ts';
import { buildFacts } from './version.ts';

export interface OwnProgram {
  /** Absolute. */
  readonly path: string;
  /** The text that the file at `path` must hold. Undefined for the executable, which needs no launcher. */
  readonly launcher?: string | undefined;
  /** A path that an upgrade may remove: of the program, or of a file that its launcher names. */
  readonly passing?: string | undefined;
}

export interface Running {
  readonly env: Environment;
  /** The file that this process started from. */
  readonly entry: string;
  /**
   * The caller's folder for a launcher, which lasts no longer than the program. No path is searched that outlives an
   * upgrade. By default a launcher goes beside the user's other data.
   */
  readonly directory?: string | undefined;
}

const NAME = 'git-signet';

/** Another build of the same name prints other facts. */
const SAME_BUILD: Proof = {
  args: ['version', '--json'],
  accepts: (stdout) => stdout === `${JSON.stringify(buildFacts())}\n`,
};

/** Finds a program on PATH that starts this build without asking PATH for another. */
const shimOnPath = (env: Environment): Promise<string | undefined> =>
  provenShim(NAME, SAME_BUILD, env, (path) => !asksPathForInterpreter(path));

/**
 * Returns the file that git can start with an empty PATH. The file outlives an upgrade, if there is such a path. Nothing is
 * written: see `installOwnProgram`. If no link leads to this program, programs on PATH are started for 10 s at most.
 *
 * @throws ConfigError if a launcher is needed, and neither XDG_DATA_HOME nor HOME is set
 */
export async function ownProgram({ env, entry, directory }: Running): Promise<OwnProgram> {
  const [program, script] = programWords(entry);
  if (script !== undefined) return nodeForm({ env, entry: script, directory }, program);
  if (directory !== undefined) return { path: program };
  const path = stableLink(program, NAME, env) ?? (await shimOnPath(env));
  return path === undefined ? { path: program, passing: program } : { path };
}

async function nodeForm(
  { env, entry, directory }: Running,
  interpreter: string,
): Promise<OwnProgram> {
  const shim = directory === undefined ? await shimOnPath(env) : undefined;
  if (shim !== undefined) return { path: shim };
  const kept = directory ?? dataDirectory(env);
  if (kept === undefined) {
    throw new ConfigError(
      'a launcher for git cannot be kept: neither XDG_DATA_HOME nor HOME is set',
    );
  }
  // the script's link on PATH asks PATH for node
  const script = stableLink(entry, '', {}) ?? entry;
  const path = join(kept, NAME);
  const name = basename(interpreter);
  const node = stableLink(interpreter, name, env);
  const passing = passesAway(script) ? script : undefined;
  if (node !== undefined) return { path, launcher: launcherText(node, script), passing };
  // in another folder a shim may start another node, so the launcher uses it only if this node is gone
  const spare = await provenShim(name, sameNode(interpreter), env, () => true);
  const launcher = launcherText(interpreter, script, spare);
  return { path, launcher, passing: passing ?? (spare === undefined ? interpreter : undefined) };
}

const sameNode = (interpreter: string): Proof => ({
  args: ['-p', 'process.execPath'],
  accepts: (stdout) => sameFile(stdout.trim(), interpreter),
});

/** Returns the path of the Node form's launcher, or undefined if the environment names no home. */
export function launcherPath(env: Environment): string | undefined {
  const kept = dataDirectory(env);
  return kept === undefined ? undefined : join(kept, NAME);
}

/** Returns the files that a launcher of ours at `path` needs to start. Of another program it returns none. */
export function launcherFiles(path: string): readonly string[] {
  try {
    if (statSync(path).size > 64 * 1024) return [];
    const [, mark, ...lines] = readFileSync(path, 'utf8').split('\n');
    if (mark !== LAUNCHER_MARK) return [];
    const named = (start: string): readonly string[] => {
      const line = lines.find((one) => one.startsWith(start)) ?? '';
      return [...line.matchAll(/'((?:[^']|'\\'')*)'/g)].map(([, word = '']) =>
        word.replaceAll("'\\''", "'"),
      );
    };
    const [node = '', script = ''] = named('for file in ');
    const [, , spare = node] = named('[ -e ');
    return [existsSync(node) ? node : spare, script];
  } catch {
    return [];
  }
}

/** Returns the same as `ownProgram`, and writes its launcher. @throws ConfigError if it cannot be written */
export async function installOwnProgram(running: Running): Promise<OwnProgram> {
  const own = await ownProgram(running);
  const { path, launcher } = own;
  if (launcher === undefined) return own;
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    // git may be starting the old launcher
    writeFileSync(`${path}.new`, launcher, { mode: 0o755 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`cannot write ${path}, with which git starts this program: ${why}`);
  }
  return own;
}

/**
 * Returns true if the file is a script that asks PATH for its interpreter (`#!/usr/bin/env node`). If a client has another
 * PATH, git cannot start that script. A shell is on every PATH.
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
  return /^#! *\S*\/env\b(?! +(?:-S +)?(?:ba|da|k|z)?sh\s)/.test(head.toString('latin1'));
}

const LAUNCHER_MARK =
  '# Starts git-signet where PATH has no node. Written by git-signet; git signet init writes it again.';

/** Git for Windows runs such scripts too. `spare` starts a node if the interpreter is gone. */
function launcherText(interpreter: string, script: string, spare?: string): string {
  const [node, file] = [shellQuoted(interpreter), shellQuoted(script)];
  const other = spare === undefined ? '' : shellQuoted(spare);
  const otherwise =
    spare === undefined
      ? ''
      : `[ -e ${node} ] || { [ -e ${file} ] && [ -e ${other} ] && exec ${other} ${file} "$@"; }\n`;
  return `#!/bin/sh
${LAUNCHER_MARK}
${otherwise}for file in ${node} ${file}; do
  [ -e "$file" ] && continue
  echo "git-signet: $file was removed, but git starts git-signet with it" >&2
  echo "  git signet init" >&2
  exit 2
done
exec ${node} ${file} "$@"
`;
}
