/** Which format git log uses: named ones, those of the configuration (`pretty.NAME`), and formats of the user's own. */

import { UsageError } from '../../errors.ts';

/** Named formats that are laid out here as git lays them out. */
export const NAMED = ['oneline', 'short', 'medium', 'full', 'fuller'] as const;
export type NamedFormat = (typeof NAMED)[number];

export type Pretty =
  | { readonly kind: 'named'; readonly name: NamedFormat }
  | {
      readonly kind: 'own';
      readonly text: string;
      /** `tformat:` ends each commit with a line end, `format:` separates them. */
      readonly terminated: boolean;
      /** The format shows dates without their time, unless the user says how. */
      readonly shortDate?: true;
    };

/** git's own formats that are for programs: a mark would make them unreadable to those. */
const FOR_PROGRAMS = ['raw', 'email', 'mboxrd'];
const REFERENCE: Pretty = {
  kind: 'own',
  text: '%C(auto)%h (%s, %ad)',
  terminated: true,
  shortDate: true,
};

function own(text: string): Pretty | undefined {
  if (text.startsWith('format:')) return { kind: 'own', text: text.slice(7), terminated: false };
  if (text.startsWith('tformat:')) return { kind: 'own', text: text.slice(8), terminated: true };
  return text === '' || text.includes('%') ? { kind: 'own', text, terminated: true } : undefined;
}

/** git takes the shortest name that begins so (pretty.c, find_commit_format). */
function named(word: string, more: readonly string[]): string | undefined {
  const names = [...NAMED, ...FOR_PROGRAMS, 'reference', ...more];
  const fitting = names.filter((name) => name.startsWith(word));
  return fitting.toSorted((a, b) => a.length - b.length)[0];
}

/**
 * What a value of `--pretty` or format.pretty stands for. `configured`: values of `pretty.NAME`, by name.
 * @throws UsageError for a name that there is not, and for formats that are not shown here
 */
export function prettyOf(value: string, configured: ReadonlyMap<string, string>): Pretty {
  let word = value;
  for (let depth = 0; depth <= configured.size; depth += 1) {
    const mine = own(word);
    if (mine !== undefined) return mine;
    const name = named(word, [...configured.keys()]);
    const known = NAMED.find((each) => each === name);
    if (known !== undefined) return { kind: 'named', name: known };
    if (name === 'reference') return REFERENCE;
    if (name !== undefined && FOR_PROGRAMS.includes(name)) {
      throw new UsageError(`--pretty=${name} is for programs and takes no marks`, {
        hint: `git log --pretty=${name}`,
      });
    }
    const next = name === undefined ? undefined : configured.get(name);
    if (next === undefined) break;
    word = next;
  }
  throw new UsageError(`--pretty=${value}: no such format`, {
    hint: `git signet log --pretty=medium`,
  });
}
