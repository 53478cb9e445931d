/**
 * Writes a sandbox's own global git configuration: the user's own file, and then what the sandbox sets. A gate believes a
 * global file, but not a variable. Clients that do not start git, or that keep git's numbered variables from it (pygit2,
 * simple-git), read only this file. What `git config --global` writes in the sandbox stays in the sandbox.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_NAMES, variableOf } from '../../settings/table.ts';
import type { Environment } from '../../system/environment.ts';

type Variables = Readonly<Record<string, string>>;

/** Quotes a value so that git reads it back. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** Writes one setting as lines of a file: `gpg.x509.program` is `program` below `[gpg "x509"]`. */
function setting(key: string, value: string): string {
  const [first, last] = [key.indexOf('.'), key.lastIndexOf('.')];
  const subsection = first === last ? '' : ` ${quoted(key.slice(first + 1, last))}`;
  return `[${key.slice(0, first)}${subsection}]\n\t${key.slice(last + 1)} = ${quoted(value)}\n`;
}

/** Finds git's own settings among the variables, as key and value (git-config(1), GIT_CONFIG_COUNT). */
function gitSettings(added: Variables): readonly (readonly [string, string])[] {
  return Array.from({ length: Number(added.GIT_CONFIG_COUNT ?? 0) }, (_, at) => [
    added[`GIT_CONFIG_KEY_${at}`] ?? '',
    added[`GIT_CONFIG_VALUE_${at}`] ?? '',
  ]);
}

/** Lists the user's own files, weakest first (git-config(1), FILES). git accepts a missing file. */
function ownFiles(
  { GIT_CONFIG_GLOBAL: named, XDG_CONFIG_HOME: xdg, HOME: home }: Environment,
  mine: string,
): readonly string[] {
  if (named !== undefined && named !== mine) return named === '' ? [] : [named];
  const base = xdg || (home && join(home, '.config'));
  return [
    ...(base ? [join(base, 'git', 'config')] : []),
    ...(home ? [join(home, '.gitconfig')] : []),
  ];
}

/**
 * Writes the configuration into the sandbox's directory. Returns the variables of `added` without those of our settings,
 * and with the one that names the file. git's own settings stay variables too, so that a repository's own configuration
 * does not win over the sandbox. `env`: the caller's own.
 */
export function withGlobalConfig(
  added: Variables,
  dir: string,
  env: Environment,
): Record<string, string> {
  const path = join(dir, 'gitconfig');
  const held = SETTING_NAMES.filter((name) => added[variableOf(name)] !== undefined);
  const lines = [
    ...ownFiles(env, path).map((file) => `[include]\n\tpath = ${quoted(file)}\n`),
    ...gitSettings(added).map(([key, value]) => setting(key, value)),
    ...held.map((name) => setting(`signet.${name}`, added[variableOf(name)] ?? '')),
  ];
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  const variables = held.map(variableOf);
  const rest = Object.entries(added).filter(([name]) => !variables.includes(name));
  return { ...Object.fromEntries(rest), GIT_CONFIG_GLOBAL: path };
}
