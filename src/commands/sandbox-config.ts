/**
 * A sandbox's own global git configuration: what the sandbox sets, after what the person's own file says. A gate believes it,
 * as it believes any global file, where it would not believe a variable. What is written with `git config --global` in the
 * sandbox stays in it.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../io/config.ts';
import { SETTING_NAMES, variableOf } from '../io/setting-table.ts';

type Variables = Readonly<Record<string, string>>;

/** A value as git reads it back. */
function quoted(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** The person's own files, weakest first (git-config(1), FILES). One that is not there is no error to git. */
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
 * Writes the configuration into the sandbox's directory. Gives the variables of `added` back without those that it holds
 * now, and with the one that names it. `env`: the caller's own.
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
    '[signet]\n',
    ...held.map((name) => `\t${name} = ${quoted(added[variableOf(name)] ?? '')}\n`),
  ];
  writeFileSync(path, lines.join(''), { mode: 0o600 });
  const variables = held.map(variableOf);
  const rest = Object.entries(added).filter(([name]) => !variables.includes(name));
  return { ...Object.fromEntries(rest), GIT_CONFIG_GLOBAL: path };
}
