/** The armor's grammar from its accepted side; what it refuses is test/vectors/bad/C13-*. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equal } from '../../../src/core/bytes.ts';
import { readArmor, writeArmor } from '../../../src/core/cms/signed-data.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { vectors } from '../../support/gitsign-vectors.ts';
import { bytes } from '../../support/odd-objects.ts';

const DER = Uint8Array.from({ length: 150 }, (_, at) => (at * 7) & 0xff);
const armored = writeArmor(DER);
const [first = '', second = '', third = '', fourth = ''] = armored.split('\n').slice(1);

describe('armor (C13)', () => {
  it.each([
    ['as gitsign writes it', armored],
    ['without its final newline', armored.trimEnd()],
    ['with blank lines behind', `${armored}\n\n`],
    ['with CR LF', armored.replaceAll('\n', '\r\n')],
    ['with CR LF on some lines', armored.replace('\n', '\r\n')],
    [
      'in one line',
      armored.replace(`${first}\n${second}\n${third}\n${fourth}`, first + second + third + fourth),
    ],
    ['in lines of odd length', armored.replace(first, `${first.slice(0, 7)}\n${first.slice(7)}`)],
  ])('an armor is read %s', (_, text) => {
    expect(equal(readArmor(bytes(text)), DER)).toBe(true);
  });

  it.each(vectors.map((one) => [one.file, one] as const))(
    'the armor of %s is written again as it was, except for its columns',
    (_, one) => {
      const again = writeArmor(readArmor(one.signature));
      expect(again.replaceAll('\n', '')).toBe(
        Buffer.from(one.signature).toString('latin1').replaceAll('\n', ''),
      );
    },
  );

  it('an armor holds any bytes, in lines of 64 characters', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (der) => {
        const text = writeArmor(der);
        expect(equal(readArmor(bytes(text)), der)).toBe(true);
        expect(
          text
            .split('\n')
            .slice(1, -3)
            .every((line) => line.length === 64),
        ).toBe(true);
      }),
      { numRuns: 200, seed: 20261121 },
    );
  });

  it('an armor with one replaced character gives other bytes, or is refused', () => {
    fc.assert(
      fc.property(fc.nat(armored.length - 2), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const changed = bytes(armored);
        fc.pre(changed[at] !== octet);
        changed[at] = octet;
        try {
          expect(equal(readArmor(changed), DER)).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
          expect(error).toMatchObject({ code: 'armor-malformed' });
        }
      }),
      { numRuns: 2000, seed: 20261121 },
    );
  });
});
