/**
 * Every small change of a signed object and of its signature is refused, but for the harmless places that are listed here by
 * name; the lists are exact in both directions. Exhaustive for one commit (every bit of its DER); the others by two patterns a byte.
 * Of the places that are not on a list, a sample is tried where nothing else is asked for (support/sample.ts).
 */

import { describe, expect, it } from 'vitest';
import { concat } from '../../src/core/bytes.ts';
import { CmsOid, readArmor, writeArmor } from '../../src/core/cms/signed-data.ts';
import { objectId } from '../../src/core/git/signed-object.ts';
import type { Verdict } from '../../src/core/verdict.ts';
import { verifyDetached, verifyObject } from '../../src/core/verify.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { attributeAt, openVector } from '../support/cms-edit.ts';
import { clone, type Der, everyNode, kid, kids, parse, write } from '../support/der-edit.ts';
import { contextOf, type Vector, vector } from '../support/gitsign-vectors.ts';
import { bytes } from '../support/odd-objects.ts';
import { sampled } from '../support/sample.ts';

const COMMIT = 'offline/01-plain.commit';
const TAG = 'tags/01-offline.tag';
const STAMPED = 'tsa/01-offline-immediate.commit';
const REKOR_V2 = 'rekor2/03-offline-tsa.commit';
const SHA256 = 'sha256/01-offline.commit';

const TWO_PATTERNS = [0x01, 0x80];
const EVERY_BIT = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80];

const context = contextOf();

function flipped(original: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = Uint8Array.from(original);
  copy[at]! ^= mask;
  return copy;
}

const without = (original: Uint8Array, at: number, size = 1): Uint8Array =>
  concat(original.subarray(0, at), original.subarray(at + size));
const inserted = (original: Uint8Array, at: number, extra: Uint8Array): Uint8Array =>
  concat(original.subarray(0, at), extra, original.subarray(at));

async function judgeObject({ type, format }: Vector, raw: Uint8Array): Promise<Verdict> {
  const id = objectId(nodeCrypto, type, raw, format);
  return verifyObject({ type, id, raw, format }, context);
}

const judgeArmor = ({ payload }: Vector, armor: Uint8Array): Promise<Verdict> =>
  verifyDetached(payload, armor, context);
const judgeDer = ({ payload }: Vector, der: Uint8Array): Promise<Verdict> =>
  verifyDetached(payload, bytes(writeArmor(der)), context);

/** Of these offsets (or all below a size), those at which a change is accepted. `harmless`: those that are to be. */
async function acceptedAt(
  offsets: number | readonly number[],
  judge: (at: number) => Promise<Verdict>,
  harmless: readonly number[] = [],
): Promise<readonly number[]> {
  const accepted: number[] = [];
  const all = typeof offsets === 'number' ? [...Array(offsets).keys()] : offsets;
  for (const at of sampled(all, harmless)) {
    if ((await judge(at)).status === 'verified') accepted.push(at);
  }
  return accepted;
}

const offsetsOf = (text: Uint8Array, octet: number): readonly number[] =>
  [...text.keys()].filter((at) => text[at] === octet);

/** Where the DER says that an attribute is a timestamp: the octets of the identifier. */
function timestampType(file: string): readonly number[] {
  const { unsignedAttrs } = openVector(file);
  const at = unsignedAttrs === undefined ? -1 : attributeAt(unsignedAttrs, CmsOid.timeStampToken);
  if (unsignedAttrs === undefined || at === -1) return [];
  const type = Buffer.from(write(kid(unsignedAttrs, at, 0)));
  const start = Buffer.from(readArmor(vector(file).signature)).indexOf(type) + 2;
  return [...type.keys()].slice(0, -2).map((index) => start + index);
}

function onlyRenamesTimestamp(file: string, armor: Uint8Array): boolean {
  const der = readArmor(vector(file).signature);
  const changed = readArmor(armor);
  const differing = [...der.keys()].filter((at) => der[at] !== changed[at]);
  return differing.every((at) => timestampType(file).includes(at));
}

/** Line ends between two lines of base64: not those behind the first armor line and before the last. */
function innerLineEnds(armor: Uint8Array, all: readonly number[]): readonly number[] {
  const ends = all.slice(1, -2);
  expect(armor[ends.at(-1)! + 1]).not.toBe(0x2d);
  return ends;
}

describe.each([COMMIT, TAG, STAMPED, REKOR_V2, SHA256])('%s unchanged', (file) => {
  it('the unchanged signature is verified', async () => {
    expect(await judgeObject(vector(file), vector(file).raw)).toMatchObject({ status: 'verified' });
  });
});

describe('every bit of the DER', () => {
  it(`${COMMIT}: no bit can be flipped`, { timeout: 60_000 }, async () => {
    const one = vector(COMMIT);
    const der = readArmor(one.signature);
    for (const mask of EVERY_BIT) {
      const accepted = await acceptedAt(der.length, (at) => judgeDer(one, flipped(der, at, mask)));
      expect(accepted, `mask ${mask}`).toEqual([]);
    }
  });
});

describe('every octet of the DER, two patterns', () => {
  it.each([TAG, REKOR_V2])('%s: none can be changed', { timeout: 60_000 }, async (file) => {
    const one = vector(file);
    const der = readArmor(one.signature);
    for (const mask of TWO_PATTERNS) {
      const accepted = await acceptedAt(der.length, (at) => judgeDer(one, flipped(der, at, mask)));
      expect(accepted, `mask ${mask}`).toEqual([]);
    }
  });

  // Harmless: the type of an unsigned attribute turned into one that means nothing here takes the timestamp away, which
  // every attacker can do by leaving it out; the log's own promise still proves the time.
  it(`${STAMPED}: none but the object identifier of the timestamp attribute`, {
    timeout: 60_000,
  }, async () => {
    const one = vector(STAMPED);
    const der = readArmor(one.signature);
    const harmless = timestampType(STAMPED);
    for (const mask of TWO_PATTERNS) {
      const readable = mask === 0x80 ? harmless.slice(0, -1) : harmless;
      const judge = (at: number) => judgeDer(one, flipped(der, at, mask));
      const accepted = await acceptedAt(der.length, judge, harmless);
      expect(accepted, `mask ${mask}`).toEqual(readable);
    }
  });

  // Harmless: gitsign writes 0.0.1 where Rekor v2 logged 0.0.2; both spellings lead to the one body that was logged.
  it(`${REKOR_V2}: the kind version may be said right`, async () => {
    const one = vector(REKOR_V2);
    const der = readArmor(one.signature);
    const at = Buffer.from(der).indexOf('hashedrekord') + 'hashedrekord\x12\x050.0.'.length;
    expect((await judgeDer(one, flipped(der, at, 0x03))).status).toBe('verified');
    expect((await judgeDer(one, flipped(der, at, 0x02))).status).not.toBe('verified');
    const old = vector(COMMIT);
    const oldDer = readArmor(old.signature);
    const oldAt = Buffer.from(oldDer).indexOf('hashedrekord') + 'hashedrekord\x12\x050.0.'.length;
    expect((await judgeDer(old, flipped(oldDer, oldAt, 0x03))).status).not.toBe('verified');
  });

  it(`${COMMIT}: no octet can be left out or doubled (C10)`, { timeout: 60_000 }, async () => {
    const one = vector(COMMIT);
    const der = readArmor(one.signature);
    const shorter = await acceptedAt(der.length, (at) => judgeDer(one, without(der, at)));
    const longer = await acceptedAt(der.length, (at) =>
      judgeDer(one, inserted(der, at, der.subarray(at, at + 1))),
    );
    expect([...shorter, ...longer]).toEqual([]);
  });
});

describe.each([COMMIT, STAMPED])('every character of the armor of %s (C13)', (file) => {
  const one = vector(file);
  const armor = one.signature;
  const lineEnds = offsetsOf(armor, 0x0a);

  it('no octet of the armor can be changed', { timeout: 60_000 }, async () => {
    for (const mask of TWO_PATTERNS) {
      const judge = (at: number) => judgeArmor(one, flipped(armor, at, mask));
      const accepted = await acceptedAt(armor.length, judge);
      const others = accepted.filter((at) => !onlyRenamesTimestamp(file, flipped(armor, at, mask)));
      expect(others, `mask ${mask}`).toEqual([]);
    }
  });

  // Harmless: where base64 lines end, and how many line ends stand behind the block, is not part of what it says.
  it('no octet of the armor can be left out, but for line ends between base64 lines and the last one', {
    timeout: 60_000,
  }, async () => {
    const harmless = [...innerLineEnds(armor, lineEnds), armor.length - 1];
    const judge = (at: number) => judgeArmor(one, without(armor, at));
    expect(await acceptedAt(armor.length, judge, lineEnds)).toEqual(harmless);
  });

  it('no octet of the armor can be doubled, but for the last line end', {
    timeout: 60_000,
  }, async () => {
    const judge = (at: number) => judgeArmor(one, inserted(armor, at, armor.subarray(at, at + 1)));
    expect(await acceptedAt(armor.length, judge, lineEnds)).toEqual([armor.length - 1]);
  });

  it('a CR is taken before a line end, and nowhere else', { timeout: 60_000 }, async () => {
    const judge = (at: number) => judgeArmor(one, inserted(armor, at, bytes('\r')));
    expect(await acceptedAt(armor.length + 1, judge, lineEnds)).toEqual(lineEnds);
  });
});

describe.each([COMMIT, TAG, SHA256])('every byte of the object %s (G03, G04)', (file) => {
  const one = vector(file);
  const { raw, type } = one;
  const armorAt = Buffer.from(raw).indexOf('-----BEGIN');
  const armorEnd = Buffer.from(raw).indexOf('-----END');
  /** Everything but the base64 itself, whose every character has its turn above. */
  const offsets = [...raw.keys()].filter(
    (at) => at < armorAt || at > armorEnd || raw[at] === 0x0a || raw[at] === 0x20,
  );
  /** In a tag the armor stands as it is; in a commit every line end of it is half of a continuation. */
  const armorLineEnds = offsetsOf(raw, 0x0a).filter((at) => at > armorAt);
  const inTag = type === 'tag';
  const behindTag = inTag ? [raw.length - 1] : [];

  it('no octet of the object around the armor can be changed', { timeout: 60_000 }, async () => {
    for (const mask of TWO_PATTERNS) {
      const accepted = await acceptedAt(offsets, (at) => judgeObject(one, flipped(raw, at, mask)));
      expect(accepted, `mask ${mask}`).toEqual([]);
    }
  });

  it('no octet of the object can be left out, but for line ends inside a tag’s armor', {
    timeout: 60_000,
  }, async () => {
    const judge = (at: number) => judgeObject(one, without(raw, at));
    expect(await acceptedAt(offsets, judge, armorLineEnds)).toEqual(
      inTag ? [...innerLineEnds(raw, armorLineEnds), ...behindTag] : [],
    );
  });

  it('no octet of the object can be doubled, but for a tag’s last line end', {
    timeout: 60_000,
  }, async () => {
    const judge = (at: number) => judgeObject(one, inserted(raw, at, raw.subarray(at, at + 1)));
    expect(await acceptedAt(offsets, judge, armorLineEnds)).toEqual(behindTag);
  });

  it('a CR is taken before line ends of the armor, and nowhere else', {
    timeout: 60_000,
  }, async () => {
    const judge = (at: number) => judgeObject(one, inserted(raw, at, bytes('\r')));
    const accepted = await acceptedAt([...offsets, raw.length], judge, armorLineEnds);
    const end = raw
      .subarray(armorAt)
      .findIndex((octet, at, rest) => octet === 0x0a && rest[at + 1] !== 0x20);
    expect(accepted).toEqual(
      inTag ? armorLineEnds : armorLineEnds.filter((at) => at <= armorAt + end),
    );
  });

  it('no line of the object can be left out or doubled', async () => {
    const starts = [0, ...offsetsOf(raw, 0x0a).map((at) => at + 1)].filter((at) => at < raw.length);
    for (const at of starts) {
      const next = raw.indexOf(0x0a, at) + 1 || raw.length;
      const line = raw.subarray(at, next);
      const label = Buffer.from(line).toString();
      expect((await judgeObject(one, without(raw, at, line.length))).status, label).not.toBe(
        'verified',
      );
      expect((await judgeObject(one, inserted(raw, at, line))).status, label).not.toBe('verified');
    }
  });
});

describe.each([COMMIT, STAMPED, REKOR_V2])('every element of %s', (file) => {
  const one = vector(file);
  const read = () => parse(readArmor(one.signature));
  const paths = everyNode(read())
    .map(({ path }) => path)
    .slice(1);
  const changed = (
    path: readonly number[],
    change: (siblings: Der[], index: number) => void,
  ): Uint8Array => {
    const root = read();
    change(kids(kid(root, ...path.slice(0, -1))), path.at(-1)!);
    return write(root);
  };
  const acceptedOf = async (
    change: (siblings: Der[], index: number) => void,
    harmless: readonly string[] = [],
  ): Promise<readonly string[]> => {
    const accepted: string[] = [];
    const named = paths.filter((path) => harmless.includes(path.join('.')));
    for (const path of sampled(paths, named)) {
      const der = changed(path, change);
      const same = Buffer.from(der).equals(readArmor(one.signature));
      if (!same && (await judgeDer(one, der)).status === 'verified') accepted.push(path.join('.'));
    }
    return accepted;
  };
  const SIGNER = '1.0.4.0';
  const TOKEN = `${SIGNER}.6.1`;
  const TOKEN_BAG = `${TOKEN}.1.0.1.0.3`;

  // Harmless: a timestamp may be left out where the log vouches for the time, and a token's certificates where the
  // trust root holds the one that the token names (RFC 3161 certReq).
  it('no part of the CMS can be left out, but for a timestamp that is not needed, or its certificates (C03, C05, C12)', async () => {
    const bag = file === COMMIT ? [] : [TOKEN_BAG, `${TOKEN_BAG}.0`];
    const harmless = file === STAMPED ? [TOKEN, ...bag] : bag;
    const accepted = await acceptedOf((siblings, index) => siblings.splice(index, 1), harmless);
    expect(accepted).toEqual(harmless);
  });

  it('a doubled element is refused (C03, C05, C12)', async () => {
    const accepted = await acceptedOf((siblings, index) =>
      siblings.splice(index, 0, clone(siblings[index]!)),
    );
    expect(accepted).toEqual([]);
  });

  it('an element replaced by nothing, an empty sequence or its neighbour is refused (C10)', async () => {
    const nothing = parse(Uint8Array.of(5, 0));
    const empty = parse(Uint8Array.of(0x30, 0));
    expect(await acceptedOf((siblings, index) => siblings.splice(index, 1, nothing))).toEqual([]);
    expect(await acceptedOf((siblings, index) => siblings.splice(index, 1, empty))).toEqual([]);
    expect(
      await acceptedOf((siblings, index) => siblings.splice(index, 1, siblings.at(index - 1)!)),
    ).toEqual([]);
  });
});

describe('what is harmless in a whole header', () => {
  it('a signature header at any other place than behind the committer is refused (G05, G18)', async () => {
    const one = vector(COMMIT);
    const text = Buffer.from(one.raw).toString('latin1');
    const [gpgsig] = /gpgsig .*\n(?: .*\n)+/.exec(text)!;
    const lines = text.replace(gpgsig, '').split('\n');
    const blank = lines.indexOf('');
    for (let at = 0; at <= blank; at += 1) {
      const moved = lines.toSpliced(at, 0, gpgsig.trimEnd()).join('\n');
      const legal = (lines[at - 1] ?? '').startsWith('committer ');
      const verdict = await judgeObject(one, bytes(moved));
      expect(verdict).toMatchObject(
        legal ? { status: 'verified' } : { status: 'refused', code: 'object-malformed' },
      );
    }
  });
});
