/**
 * Programs that own the hooks of a repository: lefthook, husky, pre-commit, and others that set core.hooksPath. Each writes its
 * hook over ours, or moves ours away, so it must start ours. What is written for a team names `git-signet` as PATH has it.
 * lefthook skips its `commands` and `jobs` for a push that changes no file (a tag, an empty commit), so a script is written for
 * it. pre-commit keeps the first hook as `pre-push.legacy` and starts it with git's input.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { ConfigError } from '../../errors.ts';
import {
  type HookMaker,
  type HookName,
  hookText,
  isOurs,
  makerOf,
  readHook,
} from '../../git/hooks.ts';
import type { HooksPlace } from './place.ts';

/** A file that must hold some lines for the manager to start ours. */
export interface Wanted {
  readonly path: string;
  readonly lines: readonly string[];
}

export interface Manager {
  /** As a message names it. */
  readonly name: string;
  /** The file by which it starts ours already. */
  readonly starts: string | undefined;
  /** What is still to be done where `starts` is there and does not count yet. */
  readonly pending?: string | undefined;
  /** The name in the folder of hooks under which it starts a hook of ours. */
  readonly file?: string | undefined;
  /** Other repositories may use that folder, so ours is put there only with --write. */
  readonly asks?: true;
  readonly wanted: (options: string) => readonly Wanted[];
  /** Writes what is wanted. @throws ConfigError where a file cannot be changed by a program */
  readonly write: (options: string) => Promise<void>;
}

/** The command that starts ours, with git's arguments and input. */
const callOf = (hook: HookName, options: string): string =>
  `git-signet hooks run ${hook}${options} -- "$@"`;

/** Whether a script starts ours. */
export function callsOurs(text: string, hook: HookName): boolean {
  const call = new RegExp(`^(?!\\s*#).*git[- ]signet\\S* hooks run ${hook}\\b`, 'm');
  return call.test(text);
}

const LEFTHOOK_FILES = ['lefthook', '.lefthook', '.config/lefthook'].flatMap((name) =>
  ['yml', 'yaml', 'json', 'jsonc', 'toml'].map((extension) => `${name}.${extension}`),
);

async function lefthook(top: string, active: string): Promise<Manager | undefined> {
  const file = LEFTHOOK_FILES.map((name) => join(top, name)).find(existsSync);
  const inPlace = makerOf(active) === 'lefthook';
  if (file === undefined && !inPlace) return undefined;
  const path = file ?? join(top, 'lefthook.yml');
  const { parseDocument } = await import('yaml');
  const document = parseDocument(file === undefined ? '' : readFileSync(path, 'utf8'));
  const readable = document.errors.length === 0 && !path.endsWith('.toml');
  // without a word about pushes it leaves ours where it is
  if (!inPlace && readable && !document.has('pre-push')) return undefined;
  const entry = ['pre-push', 'scripts', 'git-signet'];
  const folder = readable ? document.get('source_dir') : undefined;
  const script = join(
    top,
    typeof folder === 'string' ? folder : '.lefthook',
    'pre-push/git-signet',
  );
  const named = readable
    ? document.hasIn(entry)
    : /pre-push\.scripts\.["']?git-signet/.test(readHook(path));
  return {
    name: 'lefthook',
    starts: named && isOurs(script) ? path : undefined,
    pending: inPlace ? undefined : 'lefthook install',
    wanted: (options) => [
      {
        path,
        lines: [
          'pre-push:',
          '  scripts:',
          '    git-signet:',
          '      runner: sh',
          '      use_stdin: true',
        ],
      },
      { path: script, lines: hookText('pre-push', 'git-signet', options).trimEnd().split('\n') },
    ],
    write: async (options) => {
      if (!readable || /\.jsonc?$/.test(path)) {
        throw new ConfigError(`${path} is not YAML that a program can change`, {
          hint: 'git signet hooks install prints what to add',
        });
      }
      document.setIn(entry, document.createNode({ runner: 'sh', use_stdin: true }));
      mkdirSync(dirname(script), { recursive: true });
      writeFileSync(script, hookText('pre-push', 'git-signet', options), { mode: 0o755 });
      writeFileSync(path, document.toString());
    },
  };
}

/** The commands come first: what stands behind others in the script may find git's input read. */
function withLine(text: string, line: string): string {
  const [first = '', ...rest] = text.split('\n');
  return first.startsWith('#!') ? [first, line, ...rest].join('\n') : `${line}\n${text}`;
}

function scriptManager(name: string, path: string): Manager {
  const text = readHook(path);
  return {
    name,
    starts: callsOurs(text, 'pre-push') ? path : undefined,
    wanted: (options) => [{ path, lines: [callOf('pre-push', options)] }],
    write: async (options) => {
      if (!callsOurs(text, 'pre-push')) {
        writeFileSync(path, withLine(text, callOf('pre-push', options)), { mode: 0o755 });
      }
    },
  };
}

function preCommit(top: string, directory: string): Manager {
  const config = join(top, '.pre-commit-config.yaml');
  const legacy = join(directory, 'pre-push.legacy');
  const named = /^\s*-\s*id:\s*git-signet\b/m.test(readHook(config));
  return {
    name: 'pre-commit',
    starts: isOurs(legacy) ? legacy : named ? config : undefined,
    file: 'pre-push.legacy',
    wanted: () => [],
    write: async () => undefined,
  };
}

/** The folder of core.hooksPath may serve more repositories than this one. */
function ofHooksPath(directory: string, hook: HookName): Manager {
  const path = join(directory, hook);
  return {
    name: `core.hooksPath (${directory})`,
    starts: isOurs(path) || callsOurs(readHook(path), hook) ? path : undefined,
    ...{ file: hook, asks: true },
    wanted: (options) => [{ path, lines: [callOf(hook, options)] }],
    write: async () => undefined,
  };
}

/** Returns the manager that owns this hook here, or undefined if ours can stand by itself. @throws ConfigError */
export async function managerOf(
  { directory, own, top }: HooksPlace,
  hook: HookName,
): Promise<Manager | undefined> {
  const active = join(directory, hook);
  const maker: HookMaker | undefined = makerOf(active);
  if (hook === 'pre-push' && top !== undefined) {
    if (maker === 'husky' || /\.husky(?:\/_)?$/.test(relative(top, directory))) {
      const folder = basename(directory) === '_' ? dirname(directory) : directory;
      return scriptManager('husky', join(folder, hook));
    }
    if (maker === 'pre-commit') return preCommit(top, directory);
    const found = await lefthook(top, active);
    if (found !== undefined) return found;
  }
  return directory === own ? undefined : ofHooksPath(directory, hook);
}
