/**
 * git log's own arguments: what decides how commits look is taken out and read, everything else stays as it stands, in its
 * order, for git. Later options win, and the configuration counts where none is given (git-log(1)).
 */

import { UsageError } from '../../errors.ts';
import { type ConfigEntry, gitBoolean } from '../config.ts';
import { type Pretty, prettyOf } from './pretty.ts';

export type Colour = 'always' | 'auto' | 'never';

export interface LogArguments {
  /** For git, without what is read here. */
  readonly passed: readonly string[];
  readonly pretty: Pretty;
  readonly shortHash: boolean;
  readonly colour: Colour;
  /** `auto`: on a terminal. */
  readonly decorate: 'short' | 'full' | 'auto' | 'no';
  readonly showSignature: boolean;
  readonly notes: boolean;
  readonly mailmap: boolean;
  /** Columns of a tab. 0 leaves tabs as they are, and undefined leaves it to the format. */
  readonly tabs: number | undefined;
  readonly reflog: boolean;
  /** Lines of a commit have something before them: a graph, or what `--line-prefix` says. */
  readonly prefixed: boolean;
  readonly graph: boolean;
  readonly parents: boolean;
  readonly source: boolean;
  readonly marks: 'none' | 'boundary' | 'cherry' | 'sides';
  /** The user says how dates are written. */
  readonly dated: boolean;
}

/** Options whose value may be the next argument. Such a value is no option, whatever it looks like. */
const WITH_VALUE = new Set([
  ...[
    '-n',
    '-S',
    '-G',
    '-L',
    '-O',
    '-I',
    '-U',
    '-l',
    '--max-count',
    '--skip',
    '--since',
    '--after',
  ],
  ...['--until', '--before', '--since-as-filter', '--max-age', '--min-age', '--author'],
  ...['--committer', '--grep', '--grep-reflog', '--date', '--encoding', '--glob', '--exclude'],
  ...['--exclude-hidden', '--decorate-refs', '--decorate-refs-exclude', '--diff-filter'],
  ...['--word-diff-regex', '--line-prefix', '--src-prefix', '--dst-prefix', '--unified'],
  ...['--inter-hunk-context', '--stat-width', '--stat-name-width', '--stat-graph-width'],
  ...['--stat-count', '--diff-algorithm', '--anchored', '--ws-error-highlight', '--find-object'],
  ...['--skip-to', '--rotate-to', '--output-indicator-new', '--output-indicator-old'],
  ...['--output-indicator-context', '--diff-merges', '--output'],
]);

/** What cannot be answered here, and what to type instead. */
const REFUSED: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  '--log-size': [
    'counts bytes of a message that is shown in another way here',
    'git log --log-size',
  ],
  '--children': ['is not shown here', 'git log --children'],
  '--output': ['is not written here', 'git signet log > FILE'],
  '--stdin': ['is not read here', 'git signet log REV…'],
};

interface Given {
  pretty?: string;
  shortHash?: boolean;
  colour?: Colour;
  decorate?: LogArguments['decorate'];
  showSignature?: boolean;
  notes?: boolean;
  mailmap?: boolean;
  tabs?: number;
  reflog?: boolean;
  graph?: boolean;
  linePrefix?: boolean;
  parents?: boolean;
  source?: boolean;
  marks?: LogArguments['marks'];
  dated?: boolean;
}

/** Reads an option that decides the look, which git is not told of. Returns false for every other option. */
function takeLook(option: string, value: string | undefined, given: Given): boolean {
  switch (option) {
    case '--pretty':
    case '--format':
      given.pretty = value ?? 'medium';
      return true;
    case '--oneline':
      given.pretty = 'oneline';
      given.shortHash = true;
      return true;
    case '--abbrev-commit':
    case '--no-abbrev-commit':
      given.shortHash = option === '--abbrev-commit';
      return true;
    case '--show-signature':
    case '--no-show-signature':
      given.showSignature = option === '--show-signature';
      return true;
    case '--color':
      given.colour = colourOf(value ?? 'always', '--color');
      return true;
    case '--no-color':
      given.colour = 'never';
      return true;
    case '--decorate':
      given.decorate = decorationOf(value ?? 'short', '--decorate');
      return true;
    case '--no-decorate':
      given.decorate = 'no';
      return true;
    case '--expand-tabs':
      given.tabs = value === undefined ? 8 : Number.parseInt(value, 10) || 0;
      return true;
    case '--no-expand-tabs':
      given.tabs = 0;
      return true;
    default:
      return false;
  }
}

/** Notes an option that git is told and that changes the layout too. */
function noteLayout(option: string, given: Given): void {
  if (option === '--graph' || option === '--no-graph') given.graph = option === '--graph';
  else if (option === '--line-prefix') given.linePrefix = true;
  else if (option === '-g' || option === '--walk-reflogs') given.reflog = true;
  else if (option === '--parents') given.parents = true;
  else if (option === '--source') given.source = true;
  else if (option === '--left-right') given.marks = 'sides';
  else if (option === '--cherry-mark' || option === '--cherry') given.marks ??= 'cherry';
  else if (option === '--boundary') given.marks ??= 'boundary';
  else if (option === '--date' || option === '--relative-date') given.dated = true;
  else if (/^--(?:use-)?mailmap$/.test(option)) given.mailmap = true;
  else if (/^--no-(?:use-)?mailmap$/.test(option)) given.mailmap = false;
  else if (/^--(?:show-notes(?:-by-default)?|notes|standard-notes)$/.test(option))
    given.notes = true;
  else if (/^--no-(?:standard-)?notes$/.test(option)) given.notes = false;
}

function colourOf(text: string, label: string): Colour {
  if (text === 'always' || text === 'never' || text === 'auto') return text;
  const on = gitBoolean(text);
  if (on === undefined) {
    throw new UsageError(`${label} ${text}: expected always, auto or never`);
  }
  return on ? 'auto' : 'never';
}

function decorationOf(text: string, label: string): LogArguments['decorate'] {
  if (text === 'short' || text === 'full' || text === 'auto' || text === 'no') return text;
  const on = gitBoolean(text);
  if (on === undefined) {
    throw new UsageError(`${label} ${text}: expected short, full, auto or no`);
  }
  return on ? 'short' : 'no';
}

/** @throws UsageError for what is not answered here */
function refuse(option: string, value: string | undefined): void {
  const refused = REFUSED[option];
  if (refused !== undefined) {
    throw new UsageError(`${option} ${refused[0]}`, { hint: refused[1] });
  }
  if (option === '--encoding' && /^(?:ucs|utf-?(?:16|32|7))/i.test(value ?? '')) {
    throw new UsageError(`--encoding=${value} cannot be marked`, {
      hint: 'git signet log | iconv -t …',
    });
  }
}

function walk(args: readonly string[]): {
  readonly passed: readonly string[];
  readonly given: Given;
} {
  const passed: string[] = [];
  const given: Given = {};
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '--') {
      passed.push(...args.slice(at));
      break;
    }
    const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
    const option = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? undefined : argument.slice(equals + 1);
    refuse(option, value ?? args[at + 1]);
    if (option.startsWith('-') && takeLook(option, value, given)) continue;
    noteLayout(option, given);
    passed.push(argument);
    if (value === undefined && WITH_VALUE.has(option) && at + 1 < args.length) {
      at += 1;
      passed.push(args[at] ?? '');
    }
  }
  return { passed, given };
}

/** Returns git's configuration by key. Later values win. */
function configured(entries: readonly ConfigEntry[]): ReadonlyMap<string, string> {
  return new Map(entries.map(({ key, value }) => [key, value ?? 'true']));
}

function colourConfigured(config: ReadonlyMap<string, string>): Colour {
  for (const key of ['color.diff', 'diff.color', 'color.ui']) {
    const text = config.get(key);
    if (text !== undefined) return colourOf(text, key);
  }
  return 'auto';
}

/** Reads git log's arguments. @throws UsageError for what cannot be shown here, with what to type */
export function readLogArguments(
  args: readonly string[],
  entries: readonly ConfigEntry[],
): LogArguments {
  const { passed, given } = walk(args);
  const config = configured(entries);
  const isTrue = (key: string): boolean => gitBoolean(config.get(key) ?? 'false') === true;
  const formats = entries.flatMap(({ key, value }) =>
    key.startsWith('pretty.') ? [[key.slice(7), value ?? ''] as const] : [],
  );
  const pretty = prettyOf(
    given.pretty ?? config.get('format.pretty') ?? 'medium',
    new Map(formats),
  );
  const { reflog = false, graph = false, linePrefix = false } = given;
  const { parents = false, source = false, marks = 'none', dated = false } = given;
  const decorate =
    given.decorate ?? decorationOf(config.get('log.decorate') ?? 'auto', 'log.decorate');
  return {
    passed,
    pretty,
    shortHash: given.shortHash ?? isTrue('log.abbrevcommit'),
    colour: given.colour ?? colourConfigured(config),
    decorate,
    showSignature: given.showSignature ?? isTrue('log.showsignature'),
    notes: given.notes ?? given.pretty === undefined,
    mailmap: given.mailmap ?? gitBoolean(config.get('log.mailmap') ?? 'true') !== false,
    tabs: given.tabs,
    prefixed: graph || linePrefix,
    ...{ reflog, graph, parents, source, marks, dated },
  };
}
