/** The one reader of objects, before any signature is looked at: what it refuses whoever signed. */

import { describe, expect, it } from 'vitest';
import type { ObjectType } from '../../../src/core/git/header.ts';
import { objectId } from '../../../src/core/git/object.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { verifyObject } from '../../../src/core/verify.ts';
import { nodeCrypto } from '../../../src/io/crypto.ts';
import { type Forged, forge } from '../../support/forge.ts';
import {
  asCommit,
  asTag,
  movedHeaders,
  octopus,
  spreadArmor,
} from '../../support/moved-headers.ts';
import { bytes, EMPTY_TREE, header } from '../../support/odd-objects.ts';

const PERSON = 'Alice <alice@example.test> 1700000000 +0000';
const PARENTS = Array.from({ length: 9 }, (_, index) => `${index + 1}`.repeat(40));
const TREE = EMPTY_TREE.sha1;
const TAG = `object ${TREE}\ntype tree\ntag v1\ntagger ${PERSON}\n\nrelease\n`;
const MERGE = octopus(TREE, PARENTS);
const MALFORMED = { status: 'refused', check: 'object', code: 'object-malformed' };

const text = (part: Uint8Array): string => Buffer.from(part).toString('latin1');
const signed = (payload: string): Forged => forge({ payload: bytes(payload) });
const merge = signed(MERGE);
const tag = signed(TAG);

function judged(type: ObjectType, raw: string, { context }: Forged): Promise<Verdict> {
  const id = objectId(nodeCrypto, type, bytes(raw), 'sha1');
  return verifyObject({ type, id, raw: bytes(raw), format: 'sha1' }, context);
}

describe('a signed octopus merge whose signature header was moved', () => {
  const places = movedHeaders(MERGE, text(merge.signature));

  it('has thirteen places for it, and one of them is legal', () => {
    expect(places.map(({ legal }) => legal)).toEqual([...Array(12).fill(false), true]);
  });

  it.each(places.filter(({ legal }) => !legal))(
    'is refused with gpgsig $name (G18)',
    async (one) => {
      expect(await judged('commit', one.raw, merge)).toMatchObject(MALFORMED);
    },
  );

  it.each(places.filter(({ legal }) => legal))('is verified with gpgsig $name', async (one) => {
    expect(await judged('commit', one.raw, merge)).toMatchObject({ status: 'verified' });
  });
});

describe('a signed tag', () => {
  it('is verified as git writes it', async () => {
    expect(await judged('tag', asTag(TAG, text(tag.signature)), tag)).toMatchObject({
      status: 'verified',
    });
  });

  it.each(movedHeaders(asTag(TAG, text(tag.signature)), 'x'))(
    'is refused with a gpgsig header $name, unless that is behind the tagger (G18)',
    async ({ raw, legal }) => {
      expect(await judged('tag', raw, tag)).toMatchObject(
        legal ? { status: 'verified' } : MALFORMED,
      );
    },
  );
});

describe('an object that is not what its type says', () => {
  it.each<[string, ObjectType, string, Forged]>([
    ['a tag whose bytes are a signed commit', 'tag', asTag(MERGE, text(merge.signature)), merge],
    ['a commit whose bytes are a signed tag', 'commit', asCommit(TAG, text(tag.signature)), tag],
  ])('%s is refused (G19)', async (_name, type, raw, forged) => {
    expect(await judged(type, raw, forged)).toMatchObject(MALFORMED);
  });
});

describe('a signature header that is there more than once', () => {
  const armor = text(merge.signature);
  it.each([
    ['an armor over two headers', spreadArmor(MERGE, armor)],
    ['gpgsig twice', asCommit(asCommit(MERGE, armor), armor)],
    [
      'a header that git takes for a signature',
      asCommit(MERGE, armor).replace('\n\n', `\n${header('gpgsig-foo', 'x')}\n`),
    ],
  ])('%s is refused (G18)', async (_name, raw) => {
    expect(await judged('commit', raw, merge)).toMatchObject(MALFORMED);
  });
});
