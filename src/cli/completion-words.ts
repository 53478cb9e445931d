/**
 * What can follow each command on the command line, read from the command's own help: what a person is shown is what
 * is completed, and a new command is completed without a second list.
 */

import type { CommandTable } from './command.ts';

/** What may stand in a place: words, or names that the shell finds. */
export type Words = readonly string[] | 'files' | 'revisions' | 'tags' | 'anything';

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  /** Words that must come first, e.g. `start`, `stop`. */
  readonly subcommands: readonly string[];
  /** Long options with their dashes, and what each takes; undefined: no value. */
  readonly options: ReadonlyMap<string, Words | undefined>;
  /** What stands without dashes. */
  readonly positionals: Words;
}

/** `--a-{b,c}` → `--a-b --a-c`. */
function spreadBraces(text: string): string {
  return text.replace(/(--[a-z-]+)\{([a-z,-]+)\}( [A-Z]+)?/g, (_whole, stem, ends, value) =>
    String(ends)
      .split(',')
      .map((end) => `${stem}${end}${value ?? ''}`)
      .join('   '),
  );
}

function placeholder(word: string): Words {
  if (/^(?:FILE|DIR|PATH)$/.test(word)) return 'files';
  if (/^(?:REV|RANGE|BASE|A\.\.B)/.test(word)) return 'revisions';
  return word.startsWith('TAG') ? 'tags' : 'anything';
}

function optionsOf(help: string): ReadonlyMap<string, Words | undefined> {
  const options = new Map<string, Words | undefined>();
  for (const line of spreadBraces(help).split('\n')) {
    // an example of another program's
    if (/\bcosign |--bundle|git push/.test(line)) continue;
    for (const [, name = '', value = ''] of line.matchAll(
      /(?<![\w-])(--[a-z][a-z-]*)(?:[ =]([A-Z][A-Z]*|[a-z0-9]+(?:\|[a-z0-9]+)+|[a-z]+(?= {2})))?/g,
    )) {
      const before = options.get(name);
      if (/^[A-Z]/.test(value)) options.set(name, placeholder(value));
      else if (value === '') options.set(name, before);
      else {
        const known = Array.isArray(before) ? (before as readonly string[]) : [];
        options.set(name, [...new Set([...known, ...value.split('|')])]);
      }
    }
  }
  return options;
}

/** The usage: the lines from the top that name the command. */
function usageOf(help: string): readonly string[] {
  const lines = help.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('git signet'));
  return lines.slice(0, end < 0 ? undefined : end);
}

/** Words in lower case that follow the command's name: `start | stop [--all]`, or one a line. */
function subcommandsOf(usage: readonly string[]): readonly string[] {
  const found = usage.flatMap((line) => {
    const rest = line.replace(/^git signet \S+ ?/, '').replaceAll(/\[[^\]]*\]/g, '');
    const parts = rest.split('|').map((part) => part.trim());
    const [first = ''] = parts;
    // `print systemd | launchd`: the choice is the word's own
    const words = first.includes(' ') ? [first.split(' ')[0] ?? ''] : parts;
    return words.filter((word) => /^[a-z]+$/.test(word));
  });
  return [...new Set(found)];
}

function positionalsOf(usage: readonly string[]): Words {
  const text = usage.map((line) => line.replace(/^git signet \S+/, '')).join(' ');
  const words = text.replaceAll(/--[a-z-]+[ =][A-Z]+/g, '').match(/[A-Z][A-Z.]*/g) ?? [];
  const kinds = words.map(placeholder).filter((kind) => kind !== 'anything');
  return kinds[0] ?? 'anything';
}

/** Everything that the listed commands take. */
export async function completionWords(commands: CommandTable): Promise<readonly CommandWords[]> {
  const listed = Object.entries(commands).filter(([, { internal }]) => internal !== true);
  return Promise.all(
    listed.map(async ([name, { summary, load }]) => {
      const { help } = await load();
      const usage = usageOf(help);
      const every = [...listed.map(([each]) => each), 'settings'];
      return {
        name,
        summary,
        subcommands: subcommandsOf(usage),
        options: new Map([...optionsOf(help), ['--help', undefined]]),
        positionals: name === 'help' ? every : positionalsOf(usage),
      };
    }),
  );
}
