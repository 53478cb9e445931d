/** `git signet help [COMMAND]`: one screen each. Lists only what exists. */

import { findCommand } from '../cli/call.ts';
import type { Command, CommandTable, Run } from '../cli/command.ts';
import { helpOf, listed } from '../cli/help-text.ts';
import { kindWord } from '../cli/options.ts';
import { COLUMNS, EXIT_MEANINGS, exitsOf, wrapped } from '../cli/usage.ts';
import { ExitCode, UsageError } from '../errors.ts';
import type { RefusalCode } from '../report/refusals/page.ts';
import { isRefusalCode, refusalText } from '../report/refusals/pages.ts';
import type { SettingName } from '../settings/load.ts';
import { classOf, SETTING_NAMES, SETTINGS } from '../settings/table.ts';

/** The overview. */
export async function overview(commands: CommandTable): Promise<string> {
  const shown = await listed(commands);
  const width = Math.max(...shown.map(([name]) => name.length));
  const lines = shown.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `git signet <command> [options]

Signs commits and tags with a login instead of a stored key, and verifies them
offline.

${lines.join('\n')}

Start: git signet init              Try it: git signet sandbox run -- bash
Help:  git signet help COMMAND      Settings: git signet help settings

As git's gpg.x509.program:
  git-signet --status-fd=2 -bsau KEY < payload > signature
  git-signet --status-fd=1 --verify SIGNATURE - < payload

Exit: ${wrapped(exitsOf(EXIT_MEANINGS), COLUMNS - 6, 6)}
`;
}

/** What a repository's own configuration may say of a setting, in a word or two. */
function wordOf(name: SettingName): string {
  const { stricter } = SETTINGS[name];
  const kind = classOf(name);
  if (kind === 'harmless') return '';
  if (kind === 'protected') return 'no';
  if (stricter === undefined) return 'allow';
  return stricter === 'narrower' ? 'allow or if unset' : `allow or ${stricter.at(-1)}`;
}

/** Every setting: what it takes, what a repository may say of it, and gitsign's own word for it. */
function settings(): string {
  const lines = SETTING_NAMES.map((name) => {
    const { kind, gitsign = '' } = SETTINGS[name];
    const columns = [name.padEnd(19), kindWord(kind).padEnd(18), wordOf(name).padEnd(18), gitsign];
    return `  ${columns.join(' ')}`.trimEnd();
  });
  return `signet.NAME in git's configuration, SIGNET_NAME in the environment (rekorUrl:
SIGNET_REKOR_URL), --name where a command takes it. Later wins: default,
gitsign.*, signet.*, SIGSTORE_*, GITSIGN_*, SIGNET_*, flag.
What each one does: man git-signet-settings

Third column: what a repository's own .git/config may set. Empty: anything.
allow: only what you allow (git signet allow), or a stricter value.
no: nothing, it is yours alone. Last column: gitsign's word for it.

${lines.join('\n')}
`;
}

const refusal = (code: RefusalCode): string =>
  refusalText(code, (text, indent) => wrapped(text, COLUMNS - indent, indent));

const run: Run = async ({ positionals }, { streams }, commands) => {
  const [word, ...more] = positionals;
  if (word === undefined) streams.write(await overview(commands));
  else if (word === 'settings') streams.write(settings());
  else if (word !== undefined && more.length === 0 && isRefusalCode(word)) {
    streams.write(refusal(word));
  } else {
    const { name, command: found, rest } = await findCommand(positionals, commands);
    const [extra] = rest;
    if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
    streams.write(await helpOf([name, found]));
  }
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'this text, or the help of a command',
  positionals: [
    { name: 'COMMAND | settings | CODE', takes: 'command', optional: true, repeated: true },
  ],
  about: [
    'Prints what there is, the help of one command, the settings, or why commits are refused with a reason code.',
  ],
  examples: [['git signet help verify'], ['git signet help content-digest-differs']],
  exits: { 0: 'done', 2: 'no such command or code' },
  run,
};
