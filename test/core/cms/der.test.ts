import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat } from '../../../src/core/bytes.ts';
import {
  children,
  cursor,
  DerError,
  type DerNode,
  expectDer,
  readBitString,
  readBoolean,
  readDer,
  readIntegerBytes,
  readOid,
  readSmallInteger,
  readTime,
  Tag,
} from '../../../src/core/cms/der.ts';
import {
  encode,
  encodeOid,
  encodeSetOf,
  encodeUnsigned,
} from '../../../src/core/cms/der-writer.ts';
import { readArmor } from '../../../src/core/cms/signed-data.ts';
import {
  type Der,
  everyNode,
  parse,
  withIndefiniteLength,
  withLongLength,
  write,
} from '../../support/der-edit.ts';
import { vectors } from '../../support/gitsign-vectors.ts';
import { bytes } from '../../support/odd-objects.ts';

const SEED = 20261121;
const of = (...octets: readonly number[]): Uint8Array => Uint8Array.from(octets);
const node = (...octets: readonly number[]): DerNode => readDer(of(...octets));

/** Descends everywhere, as no reader of ours does: every length at every depth is looked at. */
function walk(at: DerNode): number {
  if ((at.tag & 0x20) === 0) return 1;
  return children(at, 1000).reduce((sum, child) => sum + walk(child), 1);
}
const walkAll = (der: Uint8Array): number => walk(readDer(der));

describe('elements (C10)', () => {
  it.each<readonly [string, Uint8Array]>([
    ['nothing', of()],
    ['a tag alone', of(0x30)],
    ['an indefinite length', of(0x30, 0x80, 0, 0)],
    ['the reserved length', of(0x30, 0xff)],
    ['a long length for a short one', of(0x04, 0x81, 0x01, 0)],
    ['a long length of 127', concat(of(0x04, 0x81, 0x7f), new Uint8Array(127))],
    ['a padded length', concat(of(0x04, 0x82, 0x00, 0x80), new Uint8Array(128))],
    ['a length of 255 in two octets', concat(of(0x04, 0x82, 0x00, 0xff), new Uint8Array(255))],
    ['a length of five octets', of(0x04, 0x85, 1, 0, 0, 0, 0)],
    ['a length that ends early', of(0x04, 0x82, 0x01)],
    ['content that ends early', of(0x04, 0x02, 0)],
    ['four gibibytes promised', of(0x04, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['an octet behind', of(0x05, 0x00, 0x00)],
    ['a high tag number', of(0x1f, 0x01, 0x00)],
    ['a high constructed tag number', of(0x3f, 0x81, 0x00, 0x00)],
  ])('the DER length %s is refused', (_, der) => {
    expect(() => readDer(der)).toThrow(DerError);
  });

  it.each([0, 127, 128, 255, 256, 65_535, 65_536])(
    'an element of %d octets is read at its minimal length',
    (size) => {
      const der = encode(Tag.octetString, new Uint8Array(size));
      expect(readDer(der).content.length).toBe(size);
      expect(() => readDer(withLongLength(parse(der)))).toThrow(DerError);
    },
  );

  it('an inner element that is longer than its container is refused', () => {
    expect(() => children(node(0x30, 0x03, 0x04, 0x02, 0x00))).toThrow(DerError);
  });

  it('one element more than the limit is refused (R18)', () => {
    const many = (count: number) =>
      readDer(encode(Tag.sequence, ...Array.from({ length: count }, () => of(5, 0))));
    expect(children(many(64))).toHaveLength(64);
    expect(() => children(many(65))).toThrow(DerError);
    expect(children(many(3), 3)).toHaveLength(3);
    expect(() => children(many(4), 3)).toThrow(DerError);
  });

  it('the reader does not descend into primitive elements', () => {
    expect(() => children(node(0x04, 0x02, 0x05, 0x00))).toThrow(DerError);
  });

  it('a cursor refuses a missing, an odd and a superfluous element', () => {
    const walked = () => cursor(node(0x30, 0x04, 0x05, 0x00, 0x05, 0x00));
    const fields = walked();
    expect(fields.optional(Tag.integer)).toBeUndefined();
    fields.next(Tag.null);
    expect(() => fields.end()).toThrow(DerError);
    fields.any();
    fields.end();
    expect(() => fields.any()).toThrow(DerError);
    expect(() => fields.next(Tag.null)).toThrow(DerError);
    expect(() => walked().next(Tag.integer)).toThrow(DerError);
    expect(() => expectDer(of(5, 0), Tag.sequence)).toThrow(DerError);
  });
});

describe('any tree (C10)', () => {
  const { tree } = fc.letrec<{ tree: Der; leaf: Der; branch: Der }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('branch')),
    leaf: fc.record({
      tag: fc.constantFrom(2, 4, 5, 6, 12, 0x80),
      content: fc.uint8Array({ maxLength: 300 }),
    }),
    branch: fc.record({
      tag: fc.constantFrom(0x30, 0x31, 0xa0, 0xa3),
      content: fc.array(tie('tree'), { maxLength: 5 }),
    }),
  }));
  const runs = { numRuns: 150, seed: SEED };

  it('any tree of DER is read as it was written', () => {
    fc.assert(
      fc.property(tree, (root) => {
        expect(walkAll(write(root))).toBe(everyNode(root).length);
      }),
      runs,
    );
  });

  it('DER that is cut, or followed by bytes, is refused', () => {
    fc.assert(
      fc.property(
        tree,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (root, at, tail) => {
          const der = write(root);
          expect(() => walkAll(der.subarray(0, at % der.length))).toThrow(DerError);
          expect(() => walkAll(concat(der, tail))).toThrow(DerError);
        },
      ),
      runs,
    );
  });

  it('DER with one element in another form of BER is refused', () => {
    fc.assert(
      fc.property(tree, fc.nat(), (root, pick) => {
        const nodes = everyNode(root);
        const { node: victim } = nodes[pick % nodes.length]!;
        for (const spoil of [withLongLength, withIndefiniteLength]) {
          victim.literal = spoil(victim);
          expect(() => walkAll(write(root))).toThrow(DerError);
          delete victim.literal;
        }
      }),
      runs,
    );
  });

  it('any bytes are read as DER or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (der) => {
        try {
          walkAll(der);
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
      { numRuns: 1000, seed: SEED },
    );
  });

  it.each(vectors.slice(0, 3).map((one) => [one.file, one] as const))(
    '%s with any element in a longer form is refused',
    (_, one) => {
      const root = parse(readArmor(one.signature));
      for (const { node: victim } of everyNode(root)) {
        for (const spoil of [withLongLength, withIndefiniteLength]) {
          victim.literal = spoil(victim);
          expect(() => walkAll(write(root))).toThrow(DerError);
          delete victim.literal;
        }
      }
      expect(Buffer.from(write(root)).equals(readArmor(one.signature))).toBe(true);
    },
  );
});

describe('object identifiers (C10)', () => {
  it.each([
    '1.2.840.113549.1.7.2',
    '0.0',
    '0.39',
    '1.39',
    '2.0',
    '2.40',
    '2.999.1',
    '1.3.6.1.4.1.57264.1.8',
    '1.2.9007199254740991',
  ])('the object identifier %s is read', (dotted) => {
    expect(readOid(readDer(encodeOid(dotted)))).toBe(dotted);
  });

  it.each<readonly [string, readonly number[]]>([
    ['empty', []],
    ['with a padded first arc', [0x80, 0x01]],
    ['with a padded arc', [0x2a, 0x80, 0x01]],
    ['that ends in mid-arc', [0x2a, 0x86]],
    ['with an arc of 2^53', [0x2a, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['with an arc of 2^64 + 1', [0x2a, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    ['of 65 octets', Array.from({ length: 65 }, () => 1)],
  ])('an object identifier that is %s is refused', (_, content) => {
    expect(() => readOid(node(6, content.length, ...content))).toThrow(DerError);
  });

  it('an arc of 2^32 + 1 is not read as the arc 1 (as in CVE-2025-66030)', () => {
    const dotted = readOid(node(6, 7, 0x2a, 0x03, 0x90, 0x80, 0x80, 0x80, 0x01));
    expect(dotted).toBe('1.2.3.4294967297');
  });

  it('an object identifier is no other element', () => {
    expect(() => readOid(node(13, 1, 0x2a))).toThrow(DerError);
  });

  it('an object identifier with any arcs is read as it was written', () => {
    const arcs = fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2), fc.nat(39), arcs, (root, second, rest) => {
        const dotted = [root, second, ...rest].join('.');
        expect(readOid(readDer(encodeOid(dotted)))).toBe(dotted);
      }),
      { numRuns: 200, seed: SEED },
    );
  });
});

describe('small types (C10)', () => {
  it.each<readonly [string, readonly number[]]>([
    ['empty', [2, 0]],
    ['padded with zero', [2, 2, 0, 0x7f]],
    ['padded with ones', [2, 2, 0xff, 0x80]],
    ['that is none', [4, 1, 1]],
  ])('an integer %s is refused', (_, octets) => {
    expect(() => readIntegerBytes(node(...octets))).toThrow(DerError);
  });

  it('small integers are read, and negative or large ones are refused', () => {
    expect(readSmallInteger(node(2, 1, 0))).toBe(0);
    expect(readSmallInteger(node(2, 2, 0, 0x80))).toBe(128);
    expect(readSmallInteger(node(2, 4, 0x7f, 0xff, 0xff, 0xff))).toBe(2 ** 31 - 1);
    for (const octets of [
      [2, 1, 0xff],
      [2, 4, 0x80, 0, 0, 0],
      [2, 5, 0, 0x80, 0, 0, 0],
    ])
      expect(() => readSmallInteger(node(...octets))).toThrow(DerError);
  });

  it('only two booleans are read', () => {
    expect([readBoolean(node(1, 1, 0)), readBoolean(node(1, 1, 0xff))]).toEqual([false, true]);
    for (const octets of [
      [1, 1, 1],
      [1, 1, 0xfe],
      [1, 0],
      [1, 2, 0, 0],
      [2, 1, 0],
    ])
      expect(() => readBoolean(node(...octets))).toThrow(DerError);
  });

  it('bit strings of whole octets are read', () => {
    expect([...readBitString(node(3, 2, 0, 7))]).toEqual([7]);
    for (const octets of [
      [3, 0],
      [3, 2, 1, 6],
      [3, 2, 8, 0],
      [0x23, 2, 3, 0],
    ])
      expect(() => readBitString(node(...octets))).toThrow(DerError);
  });

  const time = (tag: number, text: string) => readTime(readDer(encode(tag, bytes(text))));

  it('times of the DER profile are read', () => {
    expect(time(Tag.utcTime, '491231235959Z')).toBe(Date.UTC(2049, 11, 31, 23, 59, 59) / 1000);
    expect(time(Tag.utcTime, '500101000000Z')).toBe(Date.UTC(1950, 0, 1) / 1000);
    expect(time(Tag.generalizedTime, '20500101000000Z')).toBe(Date.UTC(2050, 0, 1) / 1000);
    expect(time(Tag.generalizedTime, '20261121120000.5Z')).toBe(Date.UTC(2026, 10, 21, 12) / 1000);
  });

  it.each<readonly [number, string]>([
    [Tag.utcTime, '2611211200Z'],
    [Tag.utcTime, '261121120000'],
    [Tag.utcTime, '261121120000+0000'],
    [Tag.utcTime, '260230120000Z'],
    [Tag.utcTime, '261321120000Z'],
    [Tag.utcTime, '261121240000Z'],
    [Tag.utcTime, '261121126000Z'],
    [Tag.utcTime, '261121120060Z'],
    [Tag.utcTime, '261100120000Z'],
    [Tag.utcTime, '20261121120000Z'],
    [Tag.generalizedTime, '261121120000Z'],
    [Tag.generalizedTime, '20261121120000.Z'],
    [Tag.generalizedTime, '20261121120000.50Z'],
    [Tag.generalizedTime, '20261121120000,5Z'],
    [Tag.generalizedTime, '00000101000000Z'],
    [Tag.octetString, '261121120000Z'],
    [Tag.utcTime, '26112112000\x00Z'],
    [Tag.utcTime, '261121120000Z\n'],
  ])('a time of tag %i reading %j is refused', (tag, text) => {
    expect(() => time(tag, text)).toThrow(DerError);
  });
});

describe('what the writer writes', () => {
  it('a written magnitude is minimal and is read again (C10)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (magnitude) => {
        const read = readIntegerBytes(readDer(encodeUnsigned(magnitude)));
        const hex = (part: Uint8Array) => BigInt(`0x0${Buffer.from(part).toString('hex')}`);
        expect(hex(read)).toBe(hex(magnitude));
        expect(read[0]!).toBeLessThan(0x80);
      }),
      { numRuns: 200, seed: SEED },
    );
  });

  it('a written set is sorted by its octets (C04)', () => {
    const parts = [of(5, 0), of(2, 1, 7), of(2, 1, 6), of(4, 0)];
    expect(encodeSetOf(Tag.set, parts)).toEqual(encodeSetOf(Tag.set, parts.toReversed()));
    expect([...encodeSetOf(Tag.set, parts).subarray(2, 5)]).toEqual([2, 1, 6]);
  });
});
