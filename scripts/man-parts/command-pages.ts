/** The manual pages of the commands, from their specifications; and git-signet(1), which names them all. */

import type { CommandTable } from '../../src/cli/command.ts';
import { listed, type NamedCommand } from '../../src/cli/help-text.ts';
import type { ArgumentSpec, CommandSpec, OptionSpecs } from '../../src/cli/spec.ts';
import { EXIT_MEANINGS, usageOf, valueText } from '../../src/cli/usage.ts';
import {
  bold,
  escaped,
  italic,
  page,
  paragraphs,
  prose,
  seeAlso,
  subsection,
  terms,
  verbatim,
} from './roff.ts';

/** What stands on every page. */
export interface Edition {
  readonly version: string;
  readonly date: string;
}

/** A page: its file's name, and its text. */
export type Page = readonly [file: string, text: string];

function optionTerms(options: OptionSpecs): string {
  return terms(
    Object.entries(options).map(([name, option]) => {
      const value = valueText(option).trim();
      const short = option.short === undefined ? '' : `${bold(`-${option.short}`)}, `;
      const term = `${short}${bold(`--${name}`)}${value === '' ? '' : ` ${italic(value)}`}`;
      const setting =
        option.setting === undefined
          ? ''
          : ` (the setting signet.${option.setting}, for this call)`;
      return [term, prose(`${option.meaning}${setting}`)];
    }),
  );
}

/** Options under their headings. */
function optionParts({ options = {}, shared, restOptions }: ArgumentSpec): string {
  const groups = Map.groupBy(Object.entries(options), ([, { group = '' }]) => group);
  const parts = [...groups].map(([group, entries]) => {
    const list = optionTerms(Object.fromEntries(entries));
    return group === '' ? list : subsection(group, list);
  });
  const rest = restOptions && subsection(restOptions.title, optionTerms(restOptions.options));
  const more =
    shared && `.PP\nAnd the options of\n.BR ${escaped(`git-signet-${shared.command}`)} (1).`;
  return [...parts, ...(rest ? [rest] : []), ...(more ? [more] : [])].join('\n');
}

const examples = ({ examples: list = [] }: CommandSpec): string =>
  list.length === 0
    ? ''
    : verbatim(list.map(([call, what]) => (what ? `${call}    # ${what}` : call)).join('\n'));

const exitTerms = (exits: Readonly<Record<number, string>>): string =>
  terms(Object.entries(exits).map(([code, meaning]) => [bold(code), prose(meaning)]));

async function commandPage([name, command]: NamedCommand, edition: Edition): Promise<Page> {
  const { summary, subcommands = {}, about, notes = [], sample, exits = {} } = command;
  const below = await listed(subcommands);
  const usages = below.length === 0 ? [usageOf(name, command)] : [];
  const text = page({ ...edition, name: `git-signet-${name}`, section: 1, summary }, [
    [
      'SYNOPSIS',
      [...usages, ...below.map(([word, spec]) => usageOf(`${name} ${word}`, spec))]
        .map(bold)
        .join('\n.br\n'),
    ],
    ['DESCRIPTION', paragraphs(about.length === 0 ? [`${summary}.`] : about)],
    [
      'COMMANDS',
      below
        .map(([word, spec]) =>
          subsection(word, [paragraphs(spec.about), optionParts(spec)].filter(Boolean).join('\n')),
        )
        .join('\n'),
    ],
    ['OPTIONS', optionParts(command)],
    ['EXAMPLES', examples(command)],
    ['NOTES', paragraphs(notes)],
    [sample?.title.replace(/ \(.*/, '').toUpperCase() ?? '', sample ? verbatim(sample.text) : ''],
    ['EXIT STATUS', exitTerms(exits)],
    ['SEE ALSO', seeAlso(['git-signet(1)', 'git-signet-settings(7)', 'git-signet-policy(5)'])],
  ]);
  return [`git-signet-${name}.1`, text];
}

function mainPage(commands: readonly NamedCommand[], edition: Edition): Page {
  const summary = 'sign git commits and tags with a login, and verify them';
  const text = page({ ...edition, name: 'git-signet', section: 1, summary }, [
    [
      'SYNOPSIS',
      [
        'git signet <command> [options]',
        'git-signet --status-fd=2 -bsau KEY < payload > signature',
        'git-signet --status-fd=1 --verify SIGNATURE - < payload',
      ]
        .map(bold)
        .join('\n.br\n'),
    ],
    [
      'DESCRIPTION',
      paragraphs([
        'Signs commits and tags with a login instead of a stored key: OpenID Connect says who signs, a certificate authority certifies a key that never leaves memory, and a log records the signature. Verifying needs no network.',
        'git runs the same program as its gpg.x509.program, in the two other forms above. git signet init sets that.',
      ]),
    ],
    [
      'COMMANDS',
      terms(
        commands.map(([name, { summary: what }]) => [
          `.BR ${escaped(`git-signet-${name}`)} (1)`,
          prose(what),
        ]),
      ),
    ],
    ['EXIT STATUS', exitTerms(EXIT_MEANINGS)],
    [
      'SEE ALSO',
      seeAlso(['git-signet-settings(7)', 'git-signet-policy(5)', 'git(1)', 'git-config(1)']),
    ],
  ]);
  return ['git-signet.1', text];
}

/** A page for each command that is for people, and the one that names them. */
export async function commandPages(
  commands: CommandTable,
  edition: Edition,
): Promise<readonly Page[]> {
  const all = await listed(commands);
  const pages = await Promise.all(all.map((each) => commandPage(each, edition)));
  return [mainPage(all, edition), ...pages];
}
