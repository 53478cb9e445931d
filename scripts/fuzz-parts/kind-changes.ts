/** Changes that make a payload of one kind look like another one. Texts are Latin-1: one character a byte. */

import { paeOf, STATEMENT_TYPE } from '../../test/support/forge/statement.ts';
import type { Random } from './random.ts';

type Change = (mine: string, random: Random, other: string) => string;

const SEPARATORS = ['', '\n', '\n\n', ' ', '\0', '\r\n', '\xef\xbb\xbf'];
const BYTES = ['\0', '\n', '\r', ' ', '"', '{', '}', ',', '\\', 'a', '0', 'Z', '\xff'];

/** A change of the lines of a text. */
const ofLines =
  (
    change: (lines: string[], at: number, random: Random, other: readonly string[]) => void,
  ): Change =>
  (mine, random, other) => {
    const lines = mine.split('\n');
    change(lines, random.below(lines.length), random, other.split('\n'));
    return lines.join('\n');
  };

/** A change of a place that a pattern finds. */
const at =
  (pattern: RegExp, change: (found: string, random: Random, other: string) => string): Change =>
  (mine, random, other) => {
    const found = [...mine.matchAll(pattern)];
    if (found.length === 0) return mine;
    const { index, 0: text } = random.pick(found);
    return mine.slice(0, index) + change(text, random, other) + mine.slice(index + text.length);
  };

const escaped = (character: string): string =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;

export const kindChanges: Readonly<Record<string, Change>> = {
  'a line of another kind': ofLines((lines, place, random, other) =>
    lines.splice(place, random.below(2), random.pick(other)),
  ),
  'a line less': ofLines((lines, place) => lines.splice(place, 1)),
  'a line elsewhere': ofLines((lines, place, random) => {
    const [line = ''] = lines.splice(place, 1);
    lines.splice(random.below(lines.length + 1), 0, line);
  }),
  'the first line of another kind': ofLines((lines, _place, random, other) =>
    lines.splice(0, random.below(2), other[0] ?? ''),
  ),
  'the end of another kind': (mine, random, other) =>
    mine.slice(0, random.below(mine.length)) + other.slice(random.below(other.length)),
  'another kind behind it': (mine, random, other) => mine + random.pick(SEPARATORS) + other,
  'another kind before it': (mine, random, other) => other + random.pick(SEPARATORS) + mine,
  'something before it': (mine, random) => random.pick(SEPARATORS) + mine,
  'something behind it': (mine, random) => mine + random.pick(SEPARATORS),
  'a byte': (mine, random) => {
    const place = random.below(mine.length);
    return mine.slice(0, place) + random.pick(BYTES) + mine.slice(place + random.below(2));
  },
  'a byte less': (mine, random) => {
    const place = random.below(mine.length);
    return mine.slice(0, place) + mine.slice(place + 1);
  },
  'an encoding around it': (mine) =>
    Buffer.from(paeOf(Buffer.from(mine, 'latin1'))).toString('latin1'),
  'an encoding that says another length': (mine, random) =>
    `DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${random.below(mine.length)} ${mine}`,
  'a statement that holds it': (mine, _random, other) =>
    other.startsWith('{') ? other.replace('"good"', () => JSON.stringify(mine)) : mine,
  'an object around it': (mine) => `{${mine}}`,
  'a text of JSON': (mine) => JSON.stringify(mine),
  'a name twice': at(/"(?:[^"\\]|\\.)*":/g, (name) => `${name}0,${name}`),
  'a name that is escaped': at(/"[a-z_A-Z]/g, (start) => `"${escaped(start.slice(1))}`),
  'a text that is escaped': at(/[a-z]/g, (character, random) =>
    random.once(2) ? escaped(character) : character,
  ),
  'a field more': at(/\{/g, (brace, random) => {
    const names = ['_type', 'note', '__proto__', 'digest', 'predicate', 'tree', 'gitTree'];
    return `${brace}"${random.pick(names)}":${random.pick(['{}', '[]', '"x"', 'null', '1e999'])},`;
  }),
  'another digest': at(/gitCommit|[0-9a-f]{40}/g, (found, random) =>
    random.pick([
      'gitTag',
      'gitTree',
      'sha1',
      'sha256',
      found.slice(1),
      `${found}a`,
      found.repeat(2),
    ]),
  ),
  'another type': at(/Statement\/v1|certificate version 0\.1|type commit/g, (found, random) =>
    random.pick([`${found}.0`, found.slice(0, -1), found.toUpperCase(), `${found} `]),
  ),
  'white space': at(/[{}[\],:]/g, (mark, random) =>
    random.once(2) ? `${mark}${random.pick([' ', '\n', '\t', '\f'])}` : `\n${mark}`,
  ),
};
