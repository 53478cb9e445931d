import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromHex, toBase64, toBase64Lines, toHex } from '../../src/core/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 100 });

describe('hexadecimal', () => {
  it('hexadecimal in either case decodes to the encoded bytes', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        expect([...(fromHex(toHex(some)) ?? [])]).toEqual([...some]);
        expect([...(fromHex(toHex(some).toUpperCase()) ?? [])]).toEqual([...some]);
      }),
    );
  });

  // the last one ends in 0x30 0x30 for a decoder that looks at the low bytes only
  it.each(['0', '0g', 'zz', '00 ', '0x00', '00\n', '001', 'abcz', '\u0130\u0130'])(
    'the hexadecimal text %j is refused',
    (text) => {
      expect(fromHex(text)).toBeUndefined();
    },
  );
});

describe('base64', () => {
  it('base64 decodes to the encoded bytes', () => {
    fc.assert(
      fc.property(bytes, (some) => {
        expect([...(fromBase64(toBase64(some)) ?? [])]).toEqual([...some]);
      }),
    );
  });

  it.each(['A', 'AA', 'AA=', 'AB==', 'AAA', 'AA==\n', ' AA==', 'A-==', 'AA==AA=='])(
    'the base64 text %j is refused',
    (text) => {
      expect(fromBase64(text)).toBeUndefined();
    },
  );

  // 48 octets fill a line, and no line follows one that is filled
  it.each([
    [0, [0]],
    [47, [64]],
    [48, [64]],
    [49, [64, 4]],
    [96, [64, 64]],
    [97, [64, 64, 4]],
  ])('base64 of %i octets has lines of %j characters', (size, lengths) => {
    const some = Uint8Array.from({ length: size }, (_, index) => index * 7);
    const lines = toBase64Lines(some).split('\n');
    expect(lines.map(({ length }) => length)).toEqual(lengths);
    expect(lines.join('')).toBe(toBase64(some));
  });
});
