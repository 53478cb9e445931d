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
    ['one signature (G02)', top + sig + end],
    ['no signature (G02)', top + end],
    ['signature header twice (G02)', top + sig + header(own, b) + end],
    ['signature headers apart (G02)', `${top}${sig}x-between 1\n${header(own, b)}${end}`],
    ['two armors in one header (G02)', top + header(own, a + b) + end],
    ['bad armor, then good (G02)', top + header(own, `${armor('!')}${a}`) + end],
    ['both hash algorithms, own first (G12)', top + sig + header(other, b) + end],
    ['both hash algorithms, own last (G12)', top + header(other, b) + sig + end],
    ['the other hash algorithm alone (G12)', top + header(other, b) + end],
    ['own between two others (G12)', top + header(other, b) + sig + header(other, a) + end],
    ['gpgsig-foo before (G05)', top + header('gpgsig-foo', b) + sig + end],
    ['gpgsig-foo behind (G05)', top + sig + header('gpgsig-foo', b) + end],
    ['gpgsig-foo alone (G05)', top + header('gpgsig-foo', b) + end],
    ['gpgsigfoo behind (G05)', top + sig + header('gpgsigfoo', 'x\ny') + end],
    ['gpgsig without a value (G05)', `${top}${own}\n${sig}${end}`],
    ['gpgsig and a tab (G05)', `${top}${own}\tx\n y\n${sig}${end}`],
    ['signature header with an empty first line (G05)', `${top}${own} \n ${a.trimEnd()}\n${end}`],
    ['GPGSIG in capitals (G05)', top + header('GPGSIG', b) + sig + end],
    ['xgpgsig (G05)', top + header('xgpgsig', b) + sig + end],
    ['gpgsig behind a space (G05)', `${top} ${own} x\n${sig}${end}`],
    ['signature header behind the tree (G05)', top.replace('author', `${sig}author`) + end],
    ['signature before committer (G05)', top.replace('committer', `${sig}committer`) + end],
    ['other header behind (G05)', `${top}${sig}x-behind 1\n 2\n${end}`],
    ['continuation with a tab (G05)', `${top}${sig.replace('\n QQ', '\n\tQQ')}${end}`],
    ['continuation with several spaces (G05)', `${top}${sig.replace('\n QQ', '\n   QQ')}${end}`],
    ['continuation of one space only (G05)', `${top}${sig.replace('\n QQ==', '\n ')}${end}`],
    ['continuation of another header (G05)', `${top}x-a 1\n gpgsig x\n${sig}${end}`],
    [
      'continuation cut by a look-alike (G05)',
      `${top}${sig}gpgsig-foo x\n${sig.slice(own.length)}${end}`,
    ],
    [
      'continuation behind the other algorithm (G05)',
      `${top}${header(other, b)} more\n${sig} more\n${end}`,
    ],
    [
      'PGP armor in the header (G09)',
      top + header(own, a.replaceAll('SIGNED MESSAGE', 'PGP SIGNATURE')) + end,
    ],
    [
      'PGP message armor (G09)',
      top + header(own, a.replaceAll('SIGNED MESSAGE', 'PGP MESSAGE')) + end,
    ],
    [
      'text behind the first armor line (G09)',
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
    ['tree twice (G01)', `${top}${tree}${sig}${end}`],
    ['author twice (G01)', `${tree}author Mallory <m@example.test> 1 +0000\n${people}${sig}${end}`],
    ['committer twice (G01)', `${top}committer Mallory <m@example.test> 1 +0000\n${sig}${end}`],
    ['parent behind the signature (G01)', `${top}${sig}parent ${EMPTY_TREE[format]}\n${end}`],
    [
      'CR at every line end (G03)',
      `${top}${sig}${end}`.replaceAll('\n', '\r\n').replace('\r\n', '\n'),
    ],
    ['CR behind the committer (G03)', `${tree}${people.trimEnd()}\r\n${sig}${end}`],
    ['CR lines in the signature (G03)', top + sig.replaceAll('\n', '\r\n') + end],
    ['a line of CR alone in the headers (G03)', `${top}\r\n${tree}${sig}${end}`],
    ['a line of CR alone behind the signature (G03)', `${top}${sig}\r\n${tree}${end}`],
    [
      'CR in the middle of a line (G03)',
      `${tree}author A\rB <a@example.test> 1 +0000\n${people}${sig}${end}`,
    ],
    ['CR before the blank line (G03)', `${top}${sig.trimEnd()}\r\n${end}`],
    ['CR in the message (G03)', `${top}${sig}\nsubject\r\n\rbody\r`],
    ['no final newline (G04)', `${top}${sig}\nsubject`],
    ['three final newlines (G04)', `${top}${sig}\nsubject\n\n\n`],
    ['message of newlines (G04)', `${top}${sig}\n\n\n\n`],
    ['empty message (G04)', `${top}${sig}\n`],
    ['no blank line (G04)', top + sig],
    ['no blank line, signature not closed by a newline (G04)', top + sig.trimEnd()],
    ['signature header at the very end (G04)', `${top}${own} ${armor().split('\n')[0]}`],
    ['NUL in the message (G04)', `${top}${sig}\nsub\0ject\n\0`],
    ['NUL in a header (G04)', `${top}x-nul a\0b\n${sig}${end}`],
    ['NUL in the signature (G04)', top + sig.replace('MIIB', 'MI\0B') + end],
    ['NUL before the signature name (G04)', `${top}\0${sig}${end}`],
    ['NUL inside the signature name (G04)', `${top}gpg\0sig x\n${sig}${end}`],
    ['message line over 64 KiB (G04)', `${top}${sig}\n${long}\n${long}\n`],
    ['header line over 64 KiB (G04)', `${top}x-long ${long}\n${sig}${end}`],
    ['signature line over 64 KiB (G04)', `${top}${header(own, armor(long))}${end}`],
    ['3 MiB (G04)', `${top}${sig}\n${`${'z'.repeat(99)}\n`.repeat(30_000)}`],
    ['signature inside a mergetag (G05)', `${top}${header('mergetag', embedded)}${sig}${end}`],
    ['signature inside a mergetag alone (G05)', `${top}${header('mergetag', embedded)}${end}`],
    ['mergetag behind the signature (G05)', `${top}${sig}${header('mergetag', embedded)}${end}`],
    [
      'mergetag whose tag has a signature header (G05)',
      `${top}${header('mergetag', `${sig}${embedded}`)}${sig}${end}`,
    ],
    ['armor quoted in the message (G06)', `${top}${sig}\nsee\n${armor('Zm9v')}`],
    ['signature header in the message (G06)', `${top}${end}${sig}${header(other, armor())}`],
    ['both, one in the message (G06)', `${top}${sig}${end}${sig}`],
    ['Latin-1 (G11)', `${top}encoding ISO-8859-1\n${sig}\nGr\xfc\xdfe \xe9\n`],
    [
      'bytes that are no text (G11)',
      `${tree}author \xff\xfe <\xc3(@example.test> 1 +0000\n${people}${sig}\n\xf0\x28\n`,
    ],
    [
      'a committer in the message (G17)',
      `${top}${sig}\ncommitter Mallory <m@example.test> 1 +0000\n`,
    ],
    [
      'an author in a continuation (G17)',
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
    ['one signature (G06)', `${top}\nrelease\n${a}`],
    ['no signature (G06)', `${top}\nrelease\n`],
    ['empty message (G06)', `${top}\n${a}`],
    ['no message at all (G06)', top + a],
    ['no blank line, no newline (G06)', `${top}tail ${a}`],
    ['armor quoted before (G06)', `${top}\nsee\n${b}and\n${a}`],
    ['armor quoted and indented before (G06)', `${top}\nsee\n ${b}and\n${a}`],
    ['armor twice in a row (G06)', `${top}\nrelease\n${b}${a}`],
    ['text behind the signature (G06)', `${top}\nrelease\n${a}postscript\n`],
    ['blank lines behind the signature (G06)', `${top}\nrelease\n${a}\n\n`],
    ['signature without an end (G06)', `${top}\nrelease\n${a.split('\n')[0]}`],
    ['signature begun twice (G06)', `${top}\nrelease\n${a.split('\n')[0]}\n${a}`],
    ['armor in the headers, message behind (G06)', `${top}${a}\nrelease\n`],
    ['armor not at a line start (G06)', `${top}\nrelease -----BEGIN SIGNED MESSAGE-----\n`],
    ['armor behind a CR (G06)', `${top}\nrelease\r${a}`],
    ['armor behind a NUL (G06)', `${top}\nrelease\0${a}`],
    ['unknown armor last (G06)', `${top}\nrelease\n${a}-----BEGIN UNKNOWN-----\n`],
    [
      'text behind the first armor line (G06)',
      `${top}\nrelease\n${a.replace('-----\n', '-----junk\n')}`,
    ],
    ['PGP signature (G09)', `${top}\nrelease\n${pgp}`],
    ['PGP, then X.509 (G09)', `${top}\nrelease\n${pgp}${a}`],
    ['X.509, then PGP (G09)', `${top}\nrelease\n${a}${pgp}`],
    ['signature header of SHA-256 (G05)', `${top}${one}\nrelease\n${a}`],
    ['signature header of SHA-1 (G05)', `${top}${two}\nrelease\n${a}`],
    ['header signature alone (G05)', `${top}${one}\nrelease\n`],
    ['two headers in a row lose the second (G05)', `${top}${one}${two}\nrelease\n${a}`],
    ['two headers apart (G05)', `${top}${one}x 1\n${two}\nrelease\n${a}`],
    ['look-alike header (G05)', `${top}${header('gpgsig-foo', b)}\nrelease\n${a}`],
    ['look-alike inside the cut (G05)', `${top}${one}gpgsig-foo x\n y\n\nrelease\n${a}`],
    ['header without a value (G05)', `${top}gpgsig\n${one}\nrelease\n${a}`],
    ['header continued by a tab (G05)', `${top}gpgsig x\n\ty\n z\n\nrelease\n${a}`],
    ['header first (G05)', `${one}${top}\nrelease\n${a}`],
    ['header in the message (G05)', `${top}\nrelease\n${one}${a}`],
    ['header at the end, no blank line (G05)', `${top}${one}${a}`],
    ['CR at every line end (G03)', `${top}\nrelease\n${a}`.replaceAll('\n', '\r\n')],
    ['a line of CR alone (G03)', `${top}\r\n${one}\nrelease\n${a}`],
    ['no final newline (G04)', `${top}\nrelease\n${a.trimEnd()}`],
    ['three final newlines (G04)', `${top}\nrelease\n\n\n${a}`],
    ['NUL in the message (G04)', `${top}\nre\0lease\n${a}`],
    ['NUL in the signature (G04)', `${top}\nrelease\n${a.replace('QQ', 'Q\0')}`],
    ['line over 64 KiB (G04)', `${top}\n${'y'.repeat(70_000)}\n${a}`],
    ['signature line over 64 KiB (G04)', `${top}\nrelease\n${armor('y'.repeat(70_000))}`],
    ['Latin-1 (G11)', `${top}\nGr\xfc\xdfe\n${a}`],
    ['object twice (G01)', `${top}object ${EMPTY_TREE[format].replace('4', '5')}\n\nrelease\n${a}`],
    ['tagger twice (G01)', `${top}tagger Mallory <m@example.test> 1 +0000\n\nrelease\n${a}`],
  ];
}

/** Bytes of text whose characters are bytes. */
export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

/** Every odd object of a repository of this format. */
export function oddObjects(format: ObjectFormat): readonly OddObject[] {
  const of = (type: ObjectType, texts: readonly Text[]): readonly OddObject[] =>
    texts.map(([name, raw]) => ({
      name: name.replace(/ \([A-Z]\d[^)]*\)$|$/, (id) => ` (${type})${id}`),
      type,
      raw: bytes(raw),
    }));
  return [
    ...of('commit', [...headerRules(format), ...lineRules(format)]),
    ...of('tag', tagRules(format)),
  ];
}
