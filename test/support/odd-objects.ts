/**
 * Commits and tags that are odd in one way each: every rule by which git cuts a signature out of an object, and what
 * readers other than git have stumbled over. The armor holds no signature; only the cutting is asked about.
 */

import { Buffer } from 'node:buffer';
import type { ObjectFormat, ObjectType } from '../../src/core/git/signed-object.ts';

export interface OddObject {
  /** Threat ids, then what is odd. */
  readonly name: string;
  readonly type: ObjectType;
  readonly raw: Uint8Array;
}

export const EMPTY_TREE: Readonly<Record<ObjectFormat, string>> = {
  sha1: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  sha256: '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
};

export const armor = (body = 'MIIB\nAAAA'): string =>
  `-----BEGIN SIGNED MESSAGE-----\n${body}\n-----END SIGNED MESSAGE-----\n`;

/** A header as git writes one: continuation lines begin with one space. */
export const header = (name: string, value: string): string =>
  `${name} ${value.replace(/\n$/, '').replaceAll('\n', '\n ')}\n`;

const ALICE = 'Alice <alice@example.test> 1700000000 +0000';

/** The header names as a repository of this format sees them: the one that counts, and the one that does not. */
export function headerNames(format: ObjectFormat): { own: string; other: string } {
  return format === 'sha1'
    ? { own: 'gpgsig', other: 'gpgsig-sha256' }
    : { own: 'gpgsig-sha256', other: 'gpgsig' };
}

type Text = readonly [name: string, raw: string];

function headerRules(format: ObjectFormat): readonly Text[] {
  const { own, other } = headerNames(format);
  const [a, b] = [armor('QQ=='), armor('Qg==')];
  const sig = header(own, a);
  const top = `tree ${EMPTY_TREE[format]}\nauthor ${ALICE}\ncommitter ${ALICE}\n`;
  const end = '\nsubject\n\nbody\n';
  return [
    ['G02 one signature', top + sig + end],
    ['G02 no signature', top + end],
    ['G02 signature header twice', top + sig + header(own, b) + end],
    ['G02 signature headers apart', `${top}${sig}x-between 1\n${header(own, b)}${end}`],
    ['G02 two armors in one header', top + header(own, a + b) + end],
    ['G02 bad armor, then good', top + header(own, `${armor('!')}${a}`) + end],
    ['G12 both hash algorithms, own first', top + sig + header(other, b) + end],
    ['G12 both hash algorithms, own last', top + header(other, b) + sig + end],
    ['G12 the other hash algorithm alone', top + header(other, b) + end],
    ['G12 own between two others', top + header(other, b) + sig + header(other, a) + end],
    ['G05 gpgsig-foo before', top + header('gpgsig-foo', b) + sig + end],
    ['G05 gpgsig-foo behind', top + sig + header('gpgsig-foo', b) + end],
    ['G05 gpgsig-foo alone', top + header('gpgsig-foo', b) + end],
    ['G05 gpgsigfoo behind', top + sig + header('gpgsigfoo', 'x\ny') + end],
    ['G05 gpgsig without a value', `${top}${own}\n${sig}${end}`],
    ['G05 gpgsig and a tab', `${top}${own}\tx\n y\n${sig}${end}`],
    ['G05 signature header with an empty first line', `${top}${own} \n ${a.trimEnd()}\n${end}`],
    ['G05 GPGSIG in capitals', top + header('GPGSIG', b) + sig + end],
    ['G05 xgpgsig', top + header('xgpgsig', b) + sig + end],
    ['G05 gpgsig behind a space', `${top} ${own} x\n${sig}${end}`],
    ['G05 signature header behind the tree', top.replace('author', `${sig}author`) + end],
    ['G05 signature before committer', top.replace('committer', `${sig}committer`) + end],
    ['G05 other header behind', `${top}${sig}x-behind 1\n 2\n${end}`],
    ['G05 continuation with a tab', `${top}${sig.replace('\n QQ', '\n\tQQ')}${end}`],
    ['G05 continuation with several spaces', `${top}${sig.replace('\n QQ', '\n   QQ')}${end}`],
    ['G05 continuation of one space only', `${top}${sig.replace('\n QQ==', '\n ')}${end}`],
    ['G05 continuation of another header', `${top}x-a 1\n gpgsig x\n${sig}${end}`],
    [
      'G05 continuation cut by a look-alike',
      `${top}${sig}gpgsig-foo x\n${sig.slice(own.length)}${end}`,
    ],
    [
      'G05 continuation behind the other algorithm',
      `${top}${header(other, b)} more\n${sig} more\n${end}`,
    ],
    [
      'G09 PGP armor in the header',
      top + header(own, a.replaceAll('SIGNED MESSAGE', 'PGP SIGNATURE')) + end,
    ],
    [
      'G09 PGP message armor',
      top + header(own, a.replaceAll('SIGNED MESSAGE', 'PGP MESSAGE')) + end,
    ],
    [
      'G09 text behind the first armor line',
      top + header(own, a.replace('-----\n', '----- x\n')) + end,
    ],
  ];
}

function lineRules(format: ObjectFormat): readonly Text[] {
  const { own, other } = headerNames(format);
  const sig = header(own, armor());
  const tree = `tree ${EMPTY_TREE[format]}\n`;
  const people = `author ${ALICE}\ncommitter ${ALICE}\n`;
  const top = tree + people;
  const end = '\nsubject\n';
  const embedded = `object ${EMPTY_TREE[format]}\ntype tree\ntag v1\ntagger ${ALICE}\n\nrelease\n${armor('Vg==')}`;
  const long = 'y'.repeat(70_000);
  return [
    ['G01 tree twice', `${top}${tree}${sig}${end}`],
    ['G01 author twice', `${tree}author Mallory <m@example.test> 1 +0000\n${people}${sig}${end}`],
    ['G01 committer twice', `${top}committer Mallory <m@example.test> 1 +0000\n${sig}${end}`],
    ['G01 parent behind the signature', `${top}${sig}parent ${EMPTY_TREE[format]}\n${end}`],
    [
      'G03 CR at every line end',
      `${top}${sig}${end}`.replaceAll('\n', '\r\n').replace('\r\n', '\n'),
    ],
    ['G03 CR behind the committer', `${tree}${people.trimEnd()}\r\n${sig}${end}`],
    ['G03 CR lines in the signature', top + sig.replaceAll('\n', '\r\n') + end],
    ['G03 a line of CR alone in the headers', `${top}\r\n${tree}${sig}${end}`],
    ['G03 a line of CR alone behind the signature', `${top}${sig}\r\n${tree}${end}`],
    [
      'G03 CR in the middle of a line',
      `${tree}author A\rB <a@example.test> 1 +0000\n${people}${sig}${end}`,
    ],
    ['G03 CR before the blank line', `${top}${sig.trimEnd()}\r\n${end}`],
    ['G03 CR in the message', `${top}${sig}\nsubject\r\n\rbody\r`],
    ['G04 no final newline', `${top}${sig}\nsubject`],
    ['G04 three final newlines', `${top}${sig}\nsubject\n\n\n`],
    ['G04 message of newlines', `${top}${sig}\n\n\n\n`],
    ['G04 empty message', `${top}${sig}\n`],
    ['G04 no blank line', top + sig],
    ['G04 no blank line, signature not closed by a newline', top + sig.trimEnd()],
    ['G04 signature header at the very end', `${top}${own} ${armor().split('\n')[0]}`],
    ['G04 NUL in the message', `${top}${sig}\nsub\0ject\n\0`],
    ['G04 NUL in a header', `${top}x-nul a\0b\n${sig}${end}`],
    ['G04 NUL in the signature', top + sig.replace('MIIB', 'MI\0B') + end],
    ['G04 NUL before the signature name', `${top}\0${sig}${end}`],
    ['G04 NUL inside the signature name', `${top}gpg\0sig x\n${sig}${end}`],
    ['G04 message line over 64 KiB', `${top}${sig}\n${long}\n${long}\n`],
    ['G04 header line over 64 KiB', `${top}x-long ${long}\n${sig}${end}`],
    ['G04 signature line over 64 KiB', `${top}${header(own, armor(long))}${end}`],
    ['G04 3 MiB', `${top}${sig}\n${`${'z'.repeat(99)}\n`.repeat(30_000)}`],
    ['G05 signature inside a mergetag', `${top}${header('mergetag', embedded)}${sig}${end}`],
    ['G05 signature inside a mergetag alone', `${top}${header('mergetag', embedded)}${end}`],
    ['G05 mergetag behind the signature', `${top}${sig}${header('mergetag', embedded)}${end}`],
    [
      'G05 mergetag whose tag has a signature header',
      `${top}${header('mergetag', `${sig}${embedded}`)}${sig}${end}`,
    ],
    ['G06 armor quoted in the message', `${top}${sig}\nsee\n${armor('Zm9v')}`],
    ['G06 signature header in the message', `${top}${end}${sig}${header(other, armor())}`],
    ['G06 both, one in the message', `${top}${sig}${end}${sig}`],
    ['G11 Latin-1', `${top}encoding ISO-8859-1\n${sig}\nGr\xfc\xdfe \xe9\n`],
    [
      'G11 bytes that are no text',
      `${tree}author \xff\xfe <\xc3(@example.test> 1 +0000\n${people}${sig}\n\xf0\x28\n`,
    ],
    [
      'G17 a committer in the message',
      `${top}${sig}\ncommitter Mallory <m@example.test> 1 +0000\n`,
    ],
    [
      'G17 an author in a continuation',
      `${top}x-a 1\n author Mallory <m@example.test> 1 +0000\n${sig}${end}`,
    ],
  ];
}

function tagRules(format: ObjectFormat): readonly Text[] {
  const a = armor('QQ==');
  const b = armor('Qg==');
  const top = `object ${EMPTY_TREE[format]}\ntype tree\ntag v1\ntagger ${ALICE}\n`;
  const pgp = a.replaceAll('SIGNED MESSAGE', 'PGP SIGNATURE');
  const [one, two] = [header('gpgsig-sha256', a), header('gpgsig', b)];
  return [
    ['G06 one signature', `${top}\nrelease\n${a}`],
    ['G06 no signature', `${top}\nrelease\n`],
    ['G06 empty message', `${top}\n${a}`],
    ['G06 no message at all', top + a],
    ['G06 no blank line, no newline', `${top}tail ${a}`],
    ['G06 armor quoted before', `${top}\nsee\n${b}and\n${a}`],
    ['G06 armor quoted and indented before', `${top}\nsee\n ${b}and\n${a}`],
    ['G06 armor twice in a row', `${top}\nrelease\n${b}${a}`],
    ['G06 text behind the signature', `${top}\nrelease\n${a}postscript\n`],
    ['G06 blank lines behind the signature', `${top}\nrelease\n${a}\n\n`],
    ['G06 signature without an end', `${top}\nrelease\n${a.split('\n')[0]}`],
    ['G06 signature begun twice', `${top}\nrelease\n${a.split('\n')[0]}\n${a}`],
    ['G06 armor in the headers, message behind', `${top}${a}\nrelease\n`],
    ['G06 armor not at a line start', `${top}\nrelease -----BEGIN SIGNED MESSAGE-----\n`],
    ['G06 armor behind a CR', `${top}\nrelease\r${a}`],
    ['G06 armor behind a NUL', `${top}\nrelease\0${a}`],
    ['G06 unknown armor last', `${top}\nrelease\n${a}-----BEGIN UNKNOWN-----\n`],
    [
      'G06 text behind the first armor line',
      `${top}\nrelease\n${a.replace('-----\n', '-----junk\n')}`,
    ],
    ['G09 PGP signature', `${top}\nrelease\n${pgp}`],
    ['G09 PGP, then X.509', `${top}\nrelease\n${pgp}${a}`],
    ['G09 X.509, then PGP', `${top}\nrelease\n${a}${pgp}`],
    ['G05 signature header of SHA-256', `${top}${one}\nrelease\n${a}`],
    ['G05 signature header of SHA-1', `${top}${two}\nrelease\n${a}`],
    ['G05 header signature alone', `${top}${one}\nrelease\n`],
    ['G05 two headers in a row lose the second', `${top}${one}${two}\nrelease\n${a}`],
    ['G05 two headers apart', `${top}${one}x 1\n${two}\nrelease\n${a}`],
    ['G05 look-alike header', `${top}${header('gpgsig-foo', b)}\nrelease\n${a}`],
    ['G05 look-alike inside the cut', `${top}${one}gpgsig-foo x\n y\n\nrelease\n${a}`],
    ['G05 header without a value', `${top}gpgsig\n${one}\nrelease\n${a}`],
    ['G05 header continued by a tab', `${top}gpgsig x\n\ty\n z\n\nrelease\n${a}`],
    ['G05 header first', `${one}${top}\nrelease\n${a}`],
    ['G05 header in the message', `${top}\nrelease\n${one}${a}`],
    ['G05 header at the end, no blank line', `${top}${one}${a}`],
    ['G03 CR at every line end', `${top}\nrelease\n${a}`.replaceAll('\n', '\r\n')],
    ['G03 a line of CR alone', `${top}\r\n${one}\nrelease\n${a}`],
    ['G04 no final newline', `${top}\nrelease\n${a.trimEnd()}`],
    ['G04 three final newlines', `${top}\nrelease\n\n\n${a}`],
    ['G04 NUL in the message', `${top}\nre\0lease\n${a}`],
    ['G04 NUL in the signature', `${top}\nrelease\n${a.replace('QQ', 'Q\0')}`],
    ['G04 line over 64 KiB', `${top}\n${'y'.repeat(70_000)}\n${a}`],
    ['G04 signature line over 64 KiB', `${top}\nrelease\n${armor('y'.repeat(70_000))}`],
    ['G11 Latin-1', `${top}\nGr\xfc\xdfe\n${a}`],
    ['G01 object twice', `${top}object ${EMPTY_TREE[format].replace('4', '5')}\n\nrelease\n${a}`],
    ['G01 tagger twice', `${top}tagger Mallory <m@example.test> 1 +0000\n\nrelease\n${a}`],
  ];
}

/** Bytes of text whose characters are bytes. */
export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Every odd object of a repository of this format. */
export function oddObjects(format: ObjectFormat): readonly OddObject[] {
  const of = (type: ObjectType, texts: readonly Text[]): readonly OddObject[] =>
    texts.map(([name, raw]) => ({ name: `${name} (${type})`, type, raw: bytes(raw) }));
  return [
    ...of('commit', [...headerRules(format), ...lineRules(format)]),
    ...of('tag', tagRules(format)),
  ];
}
