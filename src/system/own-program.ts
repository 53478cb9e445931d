/**
 * This very program as a file that git can start. Editors and other clients start git with a PATH of their own, in which
 * there may be no `node`: so neither npm's script in `bin`, which asks PATH for it, nor a bare `git-signet` will do. The
 * executable is such a file. The Node form gets one: a launcher that names the Node it runs on.
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
import { ConfigError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { programWords } from './runtime.ts';
import { shellQuoted } from './shell.ts';
import { type Proof, passesAway, provenShim, sameFile, stableLink } from './stable-path.ts';
import { dataDirectory } from './state-directory.ts';
import { buildFacts } from './version.ts';

export interface OwnProgram {
  /** Absolute. */
  readonly path: string;
  /** What must stand in the file at `path`, or undefined for the executable, which is there. */
  readonly launcher?: string | undefined;
  /** The path, of the program or of what its launcher names, that an upgrade may take away. */
  readonly passing?: string | undefined;
}

export interface Running {
  readonly env: Environment;
  /** The file that this process started from. */
  readonly entry: string;
  /**
   * A folder of the caller's that lasts no longer than the program: a launcher is written there, and no path is looked for
   * that outlives an upgrade. By default a launcher goes beside the user's other data.
   */
  readonly directory?: string | undefined;
}

const NAME = 'git-signet';

/** Another build of the same name tells something else. */
const SAME_BUILD: Proof = {
  args: ['version', '--json'],
  accepts: (stdout) => stdout === `${JSON.stringify(buildFacts())}\n`,
};

/** A program on PATH that starts this build without asking PATH for more. */
const shimOnPath = (env: Environment): Promise<string | undefined> =>
  provenShim(NAME, SAME_BUILD, env, (path) => !asksPathForInterpreter(path));

/**
 * Returns the file that git can start with nothing on PATH, and that outlives an upgrade where there is such a path. Nothing
 * is written: see `installOwnProgram`. A program on PATH is started only where no link leads to this one, for 10 s at most.
 *
 * @throws ConfigError where a launcher is needed, and neither XDG_DATA_HOME nor HOME says where to keep it
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
      'no place to keep a launcher for git: neither XDG_DATA_HOME nor HOME is set',
    );
  }
  // what PATH has of the script asks PATH for node
  const script = stableLink(entry, '', {}) ?? entry;
  const path = join(kept, NAME);
  const name = basename(interpreter);
  const node = stableLink(interpreter, name, env);
  const passing = passesAway(script) ? script : undefined;
  if (node !== undefined) return { path, launcher: launcherText(node, script), passing };
  // a shim may start another node in another folder: only where this one is gone
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

/** The same, and the launcher is there afterwards. @throws ConfigError where it cannot be written */
export async function installOwnProgram(running: Running): Promise<OwnProgram> {
  const own = await ownProgram(running);
  const { path, launcher } = own;
  if (launcher === undefined) return own;
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    // git may be starting the old one
    writeFileSync(`${path}.new`, launcher, { mode: 0o755 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`cannot write ${path}, by which git starts this program: ${why}`);
  }
  return own;
}

/**
 * True where the file is a script that asks PATH for its interpreter (`#!/usr/bin/env node`): git cannot start it from a
 * client that has another PATH. A shell is on every PATH.
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

/** Git for Windows runs such scripts too. `spare`: what starts a node where the interpreter is gone. */
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
  echo "git-signet: $file was removed, and git starts git-signet by it" >&2
  echo "  git signet init" >&2
  exit 2
done
exec ${node} ${file} "$@"
`;
}
