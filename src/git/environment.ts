/**
 * Makes the environment of every git child process. git takes programs, repositories and protocols from variables, so
 * each child gets a list that we choose (threats I03, I12). A git that answers a question must not use the network, ask
 * the user, or accept replacements, grafts or commits that it would fetch first.
 */

import type { Environment } from '../system/environment.ts';

declare const MADE_HERE: unique symbol;

/** Variables of a git child process. Only this file can make one, because a plain record has another type. */
export interface GitEnvironment extends Readonly<Record<string, string>> {
  readonly [MADE_HERE]: true;
}

/** Variables with which git finds its configuration and the repository. None of them makes it run or write anything else. */
const KEPT = [
  ...['PATH', 'Path', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA'],
  ...['LOCALAPPDATA', 'PROGRAMDATA', 'SystemRoot', 'SYSTEMROOT', 'TMPDIR', 'TMP', 'TEMP', 'USER'],
  ...['LD_LIBRARY_PATH', 'GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_NAMESPACE'],
  ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'],
  ...['GIT_CEILING_DIRECTORIES', 'GIT_DISCOVERY_ACROSS_FILESYSTEM', 'GIT_CONFIG_PARAMETERS'],
  ...['GIT_CONFIG_COUNT', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'],
];

/** The null device. */
export const NOTHING = process.platform === 'win32' ? '\\\\.\\nul' : '/dev/null';

const SET = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: NOTHING,
  GIT_NO_LAZY_FETCH: '1',
  // git before 2.39.4 does not know the variable above, and would run a remote's program to fetch objects
  GIT_ALLOW_PROTOCOL: 'none',
};

function made(variables: Readonly<Record<string, string>>): GitEnvironment {
  return variables as GitEnvironment;
}

function taken(env: Environment, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Returns the variables for a child that reads the caller's repository or configuration, or changes only what its arguments name. */
export function gitEnvironment(env: Environment): GitEnvironment {
  const count = Math.min(Number(env.GIT_CONFIG_COUNT ?? 0), 1000);
  const pairs: string[] = [];
  for (let i = 0; i < count; i += 1) pairs.push(`GIT_CONFIG_KEY_${i}`, `GIT_CONFIG_VALUE_${i}`);
  return made({ ...taken(env, [...KEPT, ...pairs]), ...SET });
}

/** Returns the variables for a child that is asked for the committer. git also reads these variables for that (git-var(1)). */
export function committerEnvironment(env: Environment): GitEnvironment {
  const names = ['GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'EMAIL'];
  return made({ ...gitEnvironment(env), ...taken(env, names) });
}

/** Returns the variables for a child that checks signatures with the user's own keys. gpg finds them by GNUPGHOME. */
export function keyEnvironment(env: Environment): GitEnvironment {
  return made({ ...gitEnvironment(env), ...taken(env, ['GNUPGHOME']) });
}

/** Variables that decide how git log shows dates, notes, paths and widths. None of them runs anything. */
const SHOWN = [
  ...['TZ', 'COLUMNS', 'GIT_NOTES_REF', 'GIT_NOTES_DISPLAY_REF', 'GIT_LITERAL_PATHSPECS'],
  ...['GIT_GLOB_PATHSPECS', 'GIT_NOGLOB_PATHSPECS', 'GIT_ICASE_PATHSPECS'],
];

/** Returns the variables for a child that shows a history to the caller as git log does. */
export function logEnvironment(env: Environment): GitEnvironment {
  return made({ ...gitEnvironment(env), ...taken(env, SHOWN) });
}

const QUARANTINE = [
  'GIT_QUARANTINE_PATH',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
];

/** Returns the variables for a child that reads and writes what a push does not bring: the repository behind the quarantine. */
export function outsideQuarantine(env: GitEnvironment): GitEnvironment {
  if (env['GIT_QUARANTINE_PATH'] === undefined) return env;
  return made(
    Object.fromEntries(Object.entries(env).filter(([name]) => !QUARANTINE.includes(name))),
  );
}

/** Returns the variables for a child in the private repository `directory`, without any other configuration, attributes or objects. */
export function privateEnvironment(env: GitEnvironment, directory: string): GitEnvironment {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('GIT_'));
  return made({
    ...Object.fromEntries(kept),
    ...SET,
    GIT_DIR: directory,
    GIT_CONFIG_GLOBAL: NOTHING,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
  });
}
