/**
 * What `doctor` says about the program that git is told to start: whether it is this one, and whether the next upgrade of a
 * package manager takes it away. It is looked at, not run, because a repository may have named it.
 */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { visible } from '../../core/escape.ts';
import type { ConfigEntry } from '../../git/config.ts';
import type { Invocation } from '../../system/invocation.ts';
import { findExecutable } from '../../system/process.ts';
import {
  asksPathForInterpreter,
  launcherFiles,
  launcherPath,
  ownProgram,
} from '../../system/program/own-program.ts';
import { passesAway, sameFile } from '../../system/program/stable-path.ts';
import { programWords } from '../../system/runtime.ts';
import { shellWord } from '../../system/shell.ts';
import { type DoctorCheck, fail, ok, warn } from './check.ts';

type Place = Pick<Invocation, 'cwd' | 'env' | 'entry'>;

const NAME = 'gpg.x509.program';
export const INIT = 'git signet init (--global for every repository)';

/** Whether the program is this one: by its own path, by its launcher, or as what `git signet` starts. */
function isThisOne(program: string, { env, entry }: Place): boolean {
  const [own, script] = programWords(entry);
  const named = [script === undefined ? own : launcherPath(env), findExecutable('git-signet', env)];
  return named.some((path) => path !== undefined && sameFile(path, program));
}

const pathOf = ({ value = '' }: ConfigEntry, { env }: Place): string =>
  value.startsWith('~/') ? `${env.HOME ?? ''}${value.slice(1)}` : value;

/** The command that writes a path that lasts, in the scope where this one stands. */
function again({ scope }: ConfigEntry, stable: string): string {
  if (scope === 'global') return 'git signet init --global';
  if (scope === 'system' || scope === 'worktree') {
    return `git config --${scope} ${NAME} ${shellWord(stable)}`;
  }
  return 'git signet init';
}

/** What an upgrade may take away of a program, or has taken: itself, or what its launcher names. */
function taken(program: string): { readonly gone?: string; readonly passing?: string } {
  const files = [program, ...launcherFiles(program)];
  const gone = files.find((file) => !existsSync(file));
  const passing = files.find(passesAway);
  return { ...(gone && { gone }), ...(passing && { passing }) };
}

/** A path that does not last, and the one to write in its place. */
async function checkPassing(
  entry: ConfigEntry,
  program: string,
  place: Place,
): Promise<DoctorCheck> {
  const where = `${visible(program)} (${visible(entry.origin)})`;
  const { gone, passing } = taken(program);
  const own = await ownProgram(place);
  const remedy = again(entry, own.path);
  if (gone !== undefined)
    return fail(NAME, `${where} starts ${visible(gone)}, which is gone`, remedy);
  if (passing === undefined) return ok(NAME, where);
  const what = passing === program ? where : `${where} starts ${visible(passing)}, which`;
  const may = `${what} names a version, and an upgrade may remove it`;
  return own.passing === undefined
    ? warn(NAME, `${may}, while ${visible(own.path)} stays`, remedy)
    : warn(NAME, `${may}, and nothing on PATH stays`, `after an upgrade: ${remedy}`);
}

/** The program that git starts: the last value counts. */
async function checkProgram(entry: ConfigEntry, place: Place): Promise<DoctorCheck> {
  const program = findExecutable(pathOf(entry, place), place.env);
  const shown = `${visible(entry.value ?? 'true')} (${visible(entry.origin)})`;
  if (program === undefined) {
    const path = pathOf(entry, place);
    const relative = /[\\/]/.test(path) && !/^[/\\]|^[A-Za-z]:/.test(path);
    const why = relative ? 'a path that depends on the directory' : 'no such program';
    return fail(NAME, `${shown}: ${why}`, relative ? INIT : again(entry, 'git-signet'));
  }
  const where = `${visible(program)} (${visible(entry.origin)})`;
  if (asksPathForInterpreter(program)) {
    return warn(
      NAME,
      `${where} asks PATH for its interpreter, which an editor's git may lack`,
      INIT,
    );
  }
  if (isThisOne(program, place)) return checkPassing(entry, program, place);
  return /^git-signet(?:\.\w+)?$/.test(basename(program))
    ? warn(NAME, `${where} is another copy than the one that says this`, INIT)
    : fail(NAME, `${where} is not git-signet`, INIT);
}

/** A value that another one overrides: it counts in another folder. */
async function checkOther(entry: ConfigEntry, place: Place): Promise<readonly DoctorCheck[]> {
  const path = pathOf(entry, place);
  if (!/git-signet/.test(path) || !/^(?:\/|[A-Za-z]:)/.test(path)) return [];
  if (!existsSync(path)) {
    const what = `${visible(path)} (${visible(entry.origin)}) is gone, but another value counts here`;
    return [warn(NAME, what, again(entry, (await ownProgram(place)).path))];
  }
  const check = await checkPassing(entry, path, place);
  return check.level === 'ok' ? [] : [{ ...check, level: 'warn' }];
}

/** A line for each value of the key that needs a look, and one for the value that counts. */
export async function checkPrograms(
  entries: readonly ConfigEntry[],
  place: Place,
): Promise<readonly DoctorCheck[]> {
  const named = entries.filter(({ key }) => key === NAME.toLowerCase());
  const last = named.at(-1);
  if (last === undefined || !last.value) return [warn(NAME, 'not set: git starts gpgsm', INIT)];
  const others = await Promise.all(named.slice(0, -1).map((entry) => checkOther(entry, place)));
  return [await checkProgram(last, place), ...others.flat()];
}
