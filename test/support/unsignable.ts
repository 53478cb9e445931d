/** Payloads that a verifier would refuse, or read as something else than was signed. Signing refuses them. */

import { splitSignedObject } from '../../src/core/git/signed-object.ts';
import { malformedObjects } from './history-objects.ts';
import { armor, bytes, header } from './odd-objects.ts';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const ALICE = 'Alice <alice@example.test> 1700000000 +0000';
const COMMIT = `tree ${TREE}\nauthor ${ALICE}\ncommitter ${ALICE}\n`;
const TAG = `object ${TREE}\ntype tree\ntag v1\ntagger ${ALICE}\n`;

export interface Unsignable {
  readonly name: string;
  readonly payload: Uint8Array;
  /** What the error must name. */
  readonly names: RegExp;
}

const rows: readonly (readonly [name: string, payload: string, names: RegExp])[] = [
  ['a second tree', `tree ${TREE}\n${COMMIT}\nm\n`, /`tree` stands where `author` must stand/],
  ['a tree behind the people', `${COMMIT}tree ${TREE}\n\nm\n`, /`tree` stands in the wrong place/],
  ['a second committer', `${COMMIT}committer ${ALICE}\n\nm\n`, /`committer` stands in the wrong/],
  ['a gpgsig header', `${COMMIT}${header('gpgsig', armor())}\nm\n`, /no signature covers `gpgsig`/],
  [
    'a gpgsig-sha256 header',
    `${COMMIT}gpgsig-sha256 x\n\nm\n`,
    /no signature covers `gpgsig-sha256`/,
  ],
  ['a header that git cuts out', `${COMMIT}gpgsigx y\n\nm\n`, /no signature covers `gpgsigx`/],
  [
    'gpgsig before the author',
    COMMIT.replace('author', 'gpgsig x\nauthor'),
    /`gpgsig` stands where `author`/,
  ],
  ['a NUL in a header', `${COMMIT}x a\0b\n\nm\n`, /holds a NUL/],
  [
    'a CR behind the tree',
    `${COMMIT.replace(TREE, `${TREE}\r`)}\nm\n`,
    /`tree` holds no object name/,
  ],
  ['a line of CR', `${COMMIT}\r\n\nm\n`, /a line has no name/],
  ['no line end', COMMIT.trimEnd(), /does not end with a line end/],
  ['a header of 65,537 lines', `${COMMIT}x 1\n${' 2\n'.repeat(65_536)}\nm\n`, /over 65536 lines/],
  [
    'a tag with a signature header',
    `${TAG}${header('gpgsig-sha256', armor())}\nm\n`,
    /no signature covers/,
  ],
  ...['SIGNED MESSAGE', 'PGP SIGNATURE', 'PGP MESSAGE', 'SSH SIGNATURE'].map(
    (kind) =>
      [
        `a tag whose message holds the armor line ${kind}`,
        `${TAG}\nsee\n-----BEGIN ${kind}-----\nmore\n`,
        /it already holds a line that begins a signature/,
      ] as const,
  ),
  ['a push certificate without a pusher', 'certificate version 0.1\n\nm\n', /`pusher` must stand/],
  ['a file', 'certificates\n\nm\n', /neither a commit nor a tag nor a push certificate/],
  ['nothing', '', /neither a commit nor a tag/],
];

export const unsignable: readonly Unsignable[] = rows.map(([name, payload, names]) => ({
  ...{ name, names },
  payload: bytes(payload),
}));

/** The payloads of malformed objects: without the header that holds the signature, or without the body's armor. */
export const malformedPayloads: readonly Unsignable[] = malformedObjects.map(({ name, raw }) => ({
  name,
  names: /cannot be signed|neither a commit nor a tag/,
  payload: bytes(
    Buffer.from(raw)
      .toString('latin1')
      .replace(/gpgsig .*\n(?: .*\n)+/, '')
      .replace(/-----BEGIN .*$/s, ''),
  ),
}));

/** What git hands over of a good object. */
export function payloadOf(type: 'commit' | 'tag', raw: Uint8Array): Uint8Array {
  const split = splitSignedObject(type, raw, 'sha1');
  if (split === undefined) throw new Error('it is not signed');
  return split.payload;
}
