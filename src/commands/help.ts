/** `git signet help [COMMAND]`: one screen each. Lists only what exists. */

import type { Command, CommandTable } from '../cli/command.ts';
import { closest } from '../core/closest.ts';
import { ExitCode, UsageError } from '../errors.ts';
import type { SettingName } from '../settings/load.ts';
import type { SettingKind } from '../settings/setting.ts';
import { classOf, SETTING_NAMES, SETTINGS } from '../settings/table.ts';

export const help = `git signet help [COMMAND | settings]

Prints what there is, the help of one command, or the settings.

Exit: 0
`;

/** The overview. */
export function overview(commands: CommandTable): string {
  const listed = Object.entries(commands).filter(([, { internal }]) => internal !== true);
  const width = Math.max(...listed.map(([name]) => name.length));
  const lines = listed.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `git signet <command> [options]

Signs commits and tags with a login instead of a stored key, and verifies them, offline.

${lines.join('\n')}

Start: git signet init          Try it: git signet sandbox run -- bash
Help of one command: git signet help COMMAND     What can be set: git signet help settings

As git's gpg.x509.program:
  git-signet --status-fd=2 -bsau KEY < payload > signature
  git-signet --status-fd=1 --verify SIGNATURE - < payload

Exit: 0 ok, 1 refused, 2 usage or configuration, 3 undecided, 4 login failed,
      5 unsigned, 6 not allowed, 70 a bug
`;
}

function kindOf(kind: SettingKind): string {
  if (typeof kind !== 'string') return kind.join(' | ');
  if (kind === 'count') return 'number';
  return kind === 'issuer' ? 'url' : kind;
}

/** What a repository's own configuration may say of a setting, in a word or two. */
function wordOf(name: SettingName): string {
  const { stricter } = SETTINGS[name];
  const kind = classOf(name);
  if (kind === 'harmless') return '';
  if (kind === 'protected') return 'no';
  if (stricter === undefined) return 'allow';
  return stricter === 'narrower' ? 'allow, or where none is set' : `allow, or ${stricter.at(-1)}`;
}

/** Every setting: what it takes, what a repository may say of it, and gitsign's own key for it. */
function settings(): string {
  const lines = SETTING_NAMES.map((name) => {
    const { kind, gitsign } = SETTINGS[name];
    const peer = gitsign === undefined ? '' : `gitsign.${gitsign}`;
    const columns = [name.padEnd(19), kindOf(kind).padEnd(19), wordOf(name).padEnd(27), peer];
    return `  ${columns.join(' ')}`.trimEnd();
  });
  return `signet.NAME in git's configuration, SIGNET_NAME in the environment (rekorUrl: SIGNET_REKOR_URL),
--name where a command takes it. Later wins: default, gitsign.*, signet.*, SIGSTORE_*, GITSIGN_*,
SIGNET_*, flag.

Third column: what a repository's own .git/config may set. Empty: anything. allow: only what
you allow (git signet allow), or a stricter value. no: nothing, it is yours alone.

${lines.join('\n')}
`;
}

/** The error for a word that is no command (F2: never exit 0). */
export function unknownCommand(name: string, commands: CommandTable): UsageError {
  const near = closest(name, Object.keys(commands));
  const hint = near === undefined ? 'run: git signet help' : `did you mean: git signet ${near}`;
  return new UsageError(`unknown command '${name}'`, { hint });
}

export const run: Command = async ({ args, streams }, commands) => {
  const [name, extra] = args;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
  if (name === undefined) {
    streams.write(overview(commands));
    return ExitCode.ok;
  }
  if (name === 'settings') {
    streams.write(settings());
    return ExitCode.ok;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw unknownCommand(name, commands);
  streams.write((await command.load()).help);
  return ExitCode.ok;
};
