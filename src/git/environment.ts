/**
 * The environment of every git child. git takes programs, repositories and protocols from variables, so each child gets
 * a list of our choosing (threats I03, I12). What git starts to answer a question must not reach a network, ask a person
 * or believe a replacement, a graft or a commit that it would fetch first.
 */

import type { Environment } from '../system/environment.ts';

declare const MADE_HERE: unique symbol;

/** Variables of a git child. Only this file makes one: a plain record is none. */
export interface GitEnvironment extends Readonly<Record<string, string>> {
  readonly [MADE_HERE]: true;
}

/** What git needs to find its configuration and the repository. Nothing that makes it run or write something else. */
const KEPT = [
  ...['PATH', 'Path', 'HOME', 'XDG_CONFIG_HOME', 'USERPROFILE', 'HOMEDRIVE', 'HOMEPATH', 'APPDATA'],
  ...['LOCALAPPDATA', 'PROGRAMDATA', 'SystemRoot', 'SYSTEMROOT', 'TMPDIR', 'TMP', 'TEMP', 'USER'],
  ...['LD_LIBRARY_PATH', 'GIT_DIR', 'GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_NAMESPACE'],
  ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'],
  ...['GIT_CEILING_DIRECTORIES', 'GIT_DISCOVERY_ACROSS_FILESYSTEM', 'GIT_CONFIG_PARAMETERS'],
  ...['GIT_CONFIG_COUNT', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'],
];

const NOTHING = process.platform === 'win32' ? '\\\\.\\nul' : '/dev/null';

const SET = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_GRAFT_FILE: NOTHING,
  GIT_NO_LAZY_FETCH: '1',
  // git before 2.39.4 does not know the variable above, and would run a remote's program to fetch an object
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

/** For a child that reads the caller's repository or configuration, or changes just what its arguments say. */
export function gitEnvironment(env: Environment): GitEnvironment {
  const count = Math.min(Number(env.GIT_CONFIG_COUNT ?? 0), 1000);
  const pairs: string[] = [];
  for (let i = 0; i < count; i += 1) pairs.push(`GIT_CONFIG_KEY_${i}`, `GIT_CONFIG_VALUE_${i}`);
  return made({ ...taken(env, [...KEPT, ...pairs]), ...SET });
}

/** For a child that is asked who commits here: git looks there besides its configuration (git-var(1)). */
export function committerEnvironment(env: Environment): GitEnvironment {
  const names = ['GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL', 'EMAIL'];
  return made({ ...gitEnvironment(env), ...taken(env, names) });
}

/** For a child that works in the private repository `directory`: no configuration, attribute or object of anybody else's. */
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
