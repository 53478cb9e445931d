/** `git signet help [COMMAND]`: one screen each. Lists only what exists. */

import { findCommand } from '../cli/call.ts';
import type { Command, CommandTable, Run } from '../cli/command.ts';
import { helpOf, listed, sentence } from '../cli/help-text.ts';
import { kindWord } from '../cli/options.ts';
import { COLUMNS, EXIT_MEANINGS, exitsOf, wrapped } from '../cli/usage.ts';
import { ExitCode, UsageError } from '../errors.ts';
import type { RefusalCode } from '../report/refusals/page.ts';
import { isRefusalCode, refusalText } from '../report/refusals/pages.ts';
import type { SettingName } from '../settings/load.ts';
import { SETTING_GROUPS, SETTINGS } from '../settings/table.ts';
import { defaultOf, inRepository } from '../settings/words.ts';
import { writePage } from '../system/layout.ts';

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

const INDENT = 4;

/** Describes a setting: its meaning, then its default, and what a repository's own configuration may set. */
function described(name: SettingName): string {
  const setting = SETTINGS[name];
  const { gitsign } = setting;
  const facts = [
    `Default: ${defaultOf(setting)}.`,
    `A repository may set ${inRepository(name)}.`,
    ...(gitsign === undefined ? [] : [`gitsign's word is gitsign.${gitsign}.`]),
  ];
  const text = [sentence(`${setting.meaning}.`), facts.join(' ')]
    .map((line) => ' '.repeat(INDENT) + wrapped(line, COLUMNS - INDENT, INDENT))
    .join('\n');
  return `  signet.${name}  (${kindWord(setting.kind)})\n${text}`;
}

/** Every setting, in groups. */
function settings(): string {
  const groups = Object.entries(SETTING_GROUPS).map(([title, rows]) => {
    const lines = (Object.keys(rows) as SettingName[]).map(described);
    return `${title}\n\n${lines.join('\n')}\n`;
  });
  return `signet.NAME in git's configuration, SIGNET_NAME in the environment (rekorUrl:
SIGNET_REKOR_URL), --name where a command takes it. Later wins: default,
gitsign.*, signet.*, SIGSTORE_*, GITSIGN_*, SIGNET_*, flag.

"What you allow" means: git signet allow. Examples: man git-signet-settings

${groups.join('\n')}`;
}

const refusal = (code: RefusalCode): string =>
  refusalText(code, (text, indent) => wrapped(text, COLUMNS - indent, indent));

const run: Run = async ({ positionals }, { streams }, commands) => {
  const [word, ...more] = positionals;
  if (word === undefined) writePage(streams, await overview(commands));
  else if (word === 'settings') writePage(streams, settings());
  else if (word !== undefined && more.length === 0 && isRefusalCode(word)) {
    writePage(streams, refusal(word));
  } else {
    const { name, command: found, rest } = await findCommand(positionals, commands);
    const [extra] = rest;
    if (extra !== undefined) throw new UsageError(`unexpected argument ${extra}`);
    writePage(streams, await helpOf([name, found]));
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
