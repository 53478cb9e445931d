/** Changes of a whole object: its headers, its message, its lines. Texts are Latin-1: one character a byte. */

import type { Random } from './random.ts';

/** An object taken apart: headers with their continuation lines, then the message with its blank line. */
interface Parts {
  readonly headers: string[];
  rest: string;
}

function apart(raw: string): Parts {
  const blank = raw.indexOf('\n\n');
  const head = blank === -1 ? raw : raw.slice(0, blank + 1);
  const headers = head.match(/[^\n]*(?:\n [^\n]*)*(?:\n|$)/g)?.filter((each) => each !== '') ?? [];
  return { headers, rest: blank === -1 ? '' : raw.slice(blank + 1) };
}

const together = ({ headers, rest }: Parts): string => headers.join('') + rest;

const NAMES = [
  ...['tree', 'parent', 'author', 'committer', 'encoding', 'mergetag', 'gpgsig'],
  ...['gpgsig-sha256', 'object', 'type', 'tag', 'tagger', 'HG:extra', 'x', 'Parent', ''],
];

type Change = (raw: string, random: Random, other: string) => string;

/** A change of one header that is chosen. */
const ofHeader =
  (change: (header: string, random: Random, all: Parts, at: number) => readonly string[]): Change =>
  (raw, random) => {
    const parts = apart(raw);
    if (parts.headers.length === 0) return raw;
    const at = random.below(parts.headers.length);
    const header = parts.headers[at] ?? '';
    parts.headers.splice(at, 1, ...change(header, random, parts, at));
    return together(parts);
  };

const move: Change = (raw, random) => {
  const parts = apart(raw);
  const [taken = ''] = parts.headers.splice(random.below(parts.headers.length), 1);
  parts.headers.splice(random.below(parts.headers.length + 1), 0, taken);
  return together(parts);
};

/** Signatures are what nothing covers: they are moved more often than others. */
const moveSignature: Change = (raw, random) => {
  const parts = apart(raw);
  const at = parts.headers.findIndex((header) => header.startsWith('gpgsig'));
  if (at === -1) return move(raw, random, '');
  const [taken = ''] = parts.headers.splice(at, 1);
  parts.headers.splice(random.below(parts.headers.length + 1), 0, taken);
  return together(parts);
};

const splitLines = (header: string): readonly string[] => header.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** A header made two: the continuation goes on under a name of its own. */
const splitHeader = ofHeader((header, random) => {
  const lines = splitLines(header);
  if (lines.length < 2) return [header];
  const at = 1 + random.below(lines.length - 1);
  const name = random.once(2) ? (header.split(' ', 1)[0] ?? '') : random.pick(NAMES);
  const second = lines.slice(at).join('').slice(1);
  return [lines.slice(0, at).join(''), `${name} ${second}`];
});

const fold = ofHeader((header, random) => {
  const at = random.below(header.length);
  return [`${header.slice(0, at)}\n ${header.slice(at)}`];
});

const intoMessage: Change = (raw, random) => {
  const parts = apart(raw);
  const [taken = ''] = parts.headers.splice(random.below(parts.headers.length), 1);
  parts.rest = random.once(2) ? `${parts.rest}${taken}` : `\n${taken}${parts.rest.slice(1)}`;
  return together(parts);
};

const insert = (raw: string, random: Random, what: string): string => {
  const at = random.below(raw.length + 1);
  return raw.slice(0, at) + what + raw.slice(at);
};

const atLine = (raw: string, random: Random, what: string): string => {
  const starts = [0, ...[...raw.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const at = random.pick(starts);
  return raw.slice(0, at) + what + raw.slice(at);
};

const ARMOR = /-----BEGIN [A-Z ]+-----\n[\s\S]*?\n ?-----END [A-Z ]+-----\n?/;
const armorOf = (raw: string): string => (ARMOR.exec(raw)?.[0] ?? '').replace(/\n /g, '\n');

export const objectChanges: Readonly<Record<string, Change>> = {
  move,
  moveSignature,
  moveSignatureAgain: moveSignature,
  splitHeader,
  fold,
  intoMessage,
  duplicate: ofHeader((header) => [header, header]),
  duplicateElsewhere: (raw, random) => {
    const parts = apart(raw);
    const taken = random.pick(parts.headers.length === 0 ? [''] : parts.headers);
    parts.headers.splice(random.below(parts.headers.length + 1), 0, taken);
    return together(parts);
  },
  drop: ofHeader(() => []),
  rename: ofHeader((header, random) => [header.replace(/^[^ \n]*/, random.pick(NAMES))]),
  exchange: ofHeader((header, random, { headers }, at) => {
    const with_ = random.below(headers.length);
    const other = headers[with_] ?? '';
    headers[with_] = header;
    return [with_ === at ? header : other];
  }),
  space: ofHeader((header, random) => [
    random.once(2) ? header.replace(' ', random.pick(['  ', '\t', ''])) : ` ${header}`,
  ]),
  endOfLine: ofHeader((header, random) => [
    header.replace(/\n$/, random.pick(['\r\n', '', '\n\n', ' \n', '\0\n'])),
  ]),
  hashCase: ofHeader((header) => [header.replace(/[0-9a-f]{40,64}/, (hash) => hash.toUpperCase())]),
  hashDigit: ofHeader((header) => [
    header.replace(/[0-9a-f](?=\n)/, (digit) => (digit === '0' ? '1' : '0')),
  ]),
  person: ofHeader((header, random) => [
    header.replace(
      /<([^>]*)>/,
      random.pick(['<mallory@example.test>', '<$1> <m@example.test>', '<>', '$1', '<$1\0>']),
    ),
  ]),
  newHeader: (raw, random) => {
    const value = random.pick([
      'x',
      '',
      `${'0'.repeat(40)}`,
      'A <a@example.test> 1 +0000',
      'x\n y',
    ]);
    return atLine(raw, random, `${random.pick(NAMES)} ${value}\n`);
  },
  newLine: (raw, random) =>
    atLine(raw, random, random.pick(['\n', ' \n', '\r\n', '\0', '\0\n', ' x\n'])),
  insert: (raw, random) =>
    insert(raw, random, random.pick(['\0', '\n', ' ', '\r', '\n\n', '\n ', 'x', '\xff'])),
  remove: (raw, random) => {
    const at = random.below(raw.length);
    return raw.slice(0, at) + raw.slice(at + 1 + random.below(3));
  },
  flip: (raw, random) => {
    const at = random.below(raw.length);
    const changed = String.fromCharCode(raw.charCodeAt(at) ^ (1 << random.below(8)));
    return raw.slice(0, at) + changed + raw.slice(at + 1);
  },
  lineEnds: (raw, random) =>
    random.pick([
      raw.replaceAll('\n', '\r\n'),
      raw.replace(/\n$/, ''),
      `${raw}\n`,
      `${raw}\n\n`,
      raw.replaceAll('\n ', '\n\t'),
    ]),
  cut: (raw, random) => raw.slice(0, random.below(raw.length)),
  header: (raw, random, other) => {
    const [mine, theirs] = [apart(raw), apart(other)];
    const taken = random.pick(theirs.headers.length === 0 ? [''] : theirs.headers);
    const at = random.below(mine.headers.length + 1);
    mine.headers.splice(at, random.below(2), taken);
    return together(mine);
  },
  otherMessage: (raw, _random, other) =>
    together({ headers: apart(raw).headers, rest: apart(other).rest }),
  otherHeaders: (raw, _random, other) =>
    together({ headers: apart(other).headers, rest: apart(raw).rest }),
  otherSignature: (raw, random, other) => {
    const theirs = armorOf(other);
    if (!raw.startsWith('tree ')) return raw.replace(ARMOR, () => theirs);
    const folded = `gpgsig ${theirs.trimEnd().replaceAll('\n', '\n ')}\n`;
    return random.once(2)
      ? raw.replace(/gpgsig .*\n(?: .*\n)*/, () => folded)
      : atLine(raw, random, folded);
  },
  bothSignatures: (raw, random, other) => {
    const [mine, theirs] = [armorOf(raw), armorOf(other)];
    return random.pick([
      `${raw}${mine}`,
      `${raw}${theirs}`,
      atLine(raw, random, mine),
      atLine(raw, random, theirs),
    ]);
  },
  /** The signature where a tag has it, or where a commit has it. */
  otherPlace: (raw) => {
    const armor = armorOf(raw);
    if (raw.startsWith('tree ')) return raw.replace(/gpgsig .*\n(?: .*\n)*/, '') + armor;
    const folded = `gpgsig ${armor.trimEnd().replaceAll('\n', '\n ')}\n`;
    return raw.replace(ARMOR, '').replace('\n\n', () => `\n${folded}\n`);
  },
  inMergetag: (raw, random, other) => {
    const parts = apart(raw);
    const folded = `mergetag ${other.trimEnd().replaceAll('\n', '\n ')}\n`;
    parts.headers.splice(random.below(parts.headers.length + 1), 0, folded);
    return together(parts);
  },
  append: (raw, _random, other) => raw + other,
  prepend: (raw, _random, other) => other + raw,
};
