/**
 * Objects with oddities that real history holds: old programs, importers and hand-written tools made such. Each has a
 * decided answer: what is read of it, and who is credited. None is refused for its age.
 */

import { armor, header, type OddObject, bytes as toBytes } from './odd-objects.ts';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const ALICE = 'Alice <alice@example.test> 1700000000 +0000';
export const CREDITED = { name: 'Alice', email: 'alice@example.test', time: 1_700_000_000 };

export interface HistoryObject extends OddObject {
  /** Whether the committer or tagger is credited. */
  readonly credited: boolean;
}

/** A commit by this committer, with these lines behind. */
const commit = (committer: string, more = '', author = ALICE): string =>
  `tree ${TREE}\nauthor ${author}\ncommitter ${committer}\n${more}${header('gpgsig', armor())}\nsubject\n`;
const tag = (tagger: string, name = 'v1'): string =>
  `object ${TREE}\ntype tree\ntag ${name}\n${tagger}\nrelease\n${armor()}`;
const mergetag = (message: string): string =>
  header(
    'mergetag',
    `object ${TREE}\ntype tree\ntag v1\ntagger ${ALICE}\n\n${message}\n${armor()}`,
  );

type Row = readonly [name: string, raw: string, credited: boolean];

const commits: readonly Row[] = [
  ['as git writes it', commit(ALICE), true],
  ['no date', commit('Alice <alice@example.test>'), false],
  ['no time zone', commit('Alice <alice@example.test> 1700000000'), false],
  ['a time zone of six digits', commit('Alice <alice@example.test> 1700000000 +051800'), false],
  ['a date before 1970', commit('Alice <alice@example.test> -1700000000 +0000'), false],
  [
    'a date beyond all years',
    commit('Alice <alice@example.test> 18446744073709551615 +0000'),
    false,
  ],
  ['text behind the time zone', commit('Alice <alice@example.test> 1700000000 +0000 tail'), false],
  ['two spaces before the date', commit('Alice <alice@example.test>  1700000000 +0000'), false],
  [
    'two addresses',
    commit('Alice <alice@example.test> <bob@example.test> 1700000000 +0000'),
    false,
  ],
  ['an address in the name', commit('A <b> Alice <alice@example.test> 1700000000 +0000'), false],
  ['a bracket in the address', commit('Alice <alice@example.test>> 1700000000 +0000'), false],
  ['no address', commit('Alice 1700000000 +0000'), false],
  ['no committer at all', commit(''), false],
  ['a CR in the name', commit('Al\rice <alice@example.test> 1700000000 +0000'), false],
  ['a CR behind the line', commit(`${ALICE}\r`), false],
  ['a name that is not UTF-8', commit('Al\xefce <alice@example.test> 1700000000 +0000'), false],
  ['an odd author beside a good committer', commit(ALICE, '', 'nobody'), true],
  ['an encoding with ASCII inside', commit(ALICE, 'encoding ISO-8859-1\n'), true],
  ['an encoding in which the letters are others', commit(ALICE, 'encoding UTF-7\n'), false],
  ['an unknown encoding', commit(ALICE, 'encoding x-none\n'), false],
  ['a header without a value, as git amends it', commit(ALICE, 'x-none\n'), true],
  ['headers of other programs', commit(ALICE, 'HG:extra rebase_source:0\nchange-id kkmp\n'), true],
  ['a header with a CR', commit(ALICE, 'x-old value\r\n'), true],
  ['a merged tag whose message has CR', commit(ALICE, mergetag('one\r\n\r\ntwo')), true],
  ['two merged tags', commit(ALICE, mergetag('one') + mergetag('two')), true],
  [
    'the signature before the encoding',
    commit(ALICE).replace('\n\n', '\nencoding UTF-8\n\n'),
    true,
  ],
  ['no blank line', commit(ALICE).replace('\n\nsubject\n', '\n'), true],
  ['no message', commit(ALICE).replace('subject\n', ''), true],
];

const tags: readonly Row[] = [
  ['as git writes it', tag(`tagger ${ALICE}\n`), true],
  ['no tagger, as before 2005', tag(''), false],
  ['a tagger without a date', tag('tagger Alice <alice@example.test>\n'), false],
  ['a name that no ref could have', tag(`tagger ${ALICE}\n`, 'v 1..2'), true],
  ['a name that is not UTF-8', tag(`tagger ${ALICE}\n`, 'v\xff'), true],
];

export const historyObjects: readonly HistoryObject[] = [
  ...commits.map(([name, raw, credited]) => ({ type: 'commit', name, raw, credited }) as const),
  ...tags.map(([name, raw, credited]) => ({ type: 'tag', name, raw, credited }) as const),
].map((one) => ({ ...one, name: `${one.type}: ${one.name}`, raw: toBytes(one.raw) }));

const MERGE = `tree ${TREE}\nparent ${'1'.repeat(40)}\nparent ${'2'.repeat(40)}\nauthor ${ALICE}\ncommitter ${ALICE}\n`;
const END = `${header('gpgsig', armor())}\nsubject\n`;

/** What no honest program has written, beside the signature headers in wrong places. */
export const malformedObjects: readonly OddObject[] = (
  [
    ['commit', 'a hash in capitals', MERGE.replace(/1{40}/, 'A'.repeat(40)) + END],
    ['commit', 'a short hash', MERGE.replace(/1{40}/, '1'.repeat(39)) + END],
    ['commit', 'a parent of the other algorithm', MERGE.replace(/1{40}/, '1'.repeat(64)) + END],
    ['commit', 'two spaces before a hash', MERGE.replace('parent 1', 'parent  1') + END],
    ['commit', 'a CR behind the tree', MERGE.replace(TREE, `${TREE}\r`) + END],
    ['commit', 'a CR behind a parent', MERGE.replace(/(1{40})/, '$1\r') + END],
    [
      'commit',
      'a parent behind the author',
      MERGE.replace(/(parent 2.*\n)(author .*\n)/, '$2$1') + END,
    ],
    ['commit', 'no tree', MERGE.replace(/^tree .*\n/, '') + END],
    ['commit', 'no author', MERGE.replace(/author .*\n/, '') + END],
    ['commit', 'no committer', MERGE.replace(/committer .*\n/, '') + END],
    ['commit', 'the committer first', MERGE.replace(/(author .*\n)(committer .*\n)/, '$2$1') + END],
    ['commit', 'a folded tree', MERGE.replace('\nparent', '\n more\nparent') + END],
    ['commit', 'a folded committer', `${MERGE} more\n${END}`],
    ['commit', 'a NUL behind the author', MERGE.replace('\ncommitter', '\0\ncommitter') + END],
    ['commit', 'two encodings', `${MERGE}encoding UTF-8\nencoding UTF-7\n${END}`],
    ['commit', 'a look-alike author', MERGE.replace('author', 'authors') + END],
    ['tag', 'no type', tag(`tagger ${ALICE}\n`).replace('type tree\n', '')],
    ['tag', 'no name', tag(`tagger ${ALICE}\n`).replace('tag v1\n', '')],
    ['tag', 'the type before the object', tag('').replace(/^(object .*\n)(type .*\n)/, '$2$1')],
    ['tag', 'a type that is none', tag('').replace('type tree', 'type branch')],
    ['tag', 'a CR in the name', tag('', 'v1\r')],
    ['tag', 'another header', tag(`tagger ${ALICE}\nencoding UTF-8\n`)],
    ['tag', 'a tagger behind another header', tag(`x 1\ntagger ${ALICE}\n`)],
  ] as const
).map(([type, name, raw]) => ({ type, name: `${type}: ${name}`, raw: toBytes(raw) }));
