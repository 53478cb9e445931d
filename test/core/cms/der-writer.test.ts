import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  expectDer,
  readDer,
  readIntegerBytes,
  readOid,
  readTime,
  Tag,
} from '../../../src/core/cms/der.ts';
import {
  encode,
  encodeEcdsaSignature,
  encodeOid,
  encodeSetOf,
  encodeUnsigned,
  encodeUtcTime,
} from '../../../src/core/cms/der-writer.ts';
import { readEcdsaSignature } from '../../../src/core/x509/signature.ts';

const bytes = (limit: number, min = 0) => fc.uint8Array({ minLength: min, maxLength: limit });

describe('what is written', () => {
  it('written DER is read by the strict reader', () => {
    fc.assert(
      fc.property(bytes(70_000), (content) => {
        const read = readDer(encode(Tag.octetString, content));
        expect(Buffer.from(read.content)).toEqual(Buffer.from(content));
      }),
      { numRuns: 30 },
    );
    for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
      expect(
        expectDer(encode(Tag.octetString, new Uint8Array(length)), Tag.octetString).content.length,
      ).toBe(length);
    }
  });

  it.each([
    '1.2.840.113549.1.9.16.2.14',
    '1.3.6.1.4.1.57264.3.1',
    '2.16.840.1.101.3.4.2.1',
    '2.5.29.17',
    '0.9.2342',
    '2.999.1',
  ])('OID %s', (oid) => {
    expect(readOid(readDer(encodeOid(oid)))).toBe(oid);
  });

  it('written integers are minimal and positive', () => {
    fc.assert(
      fc.property(bytes(40), (magnitude) => {
        const value = readIntegerBytes(readDer(encodeUnsigned(magnitude)));
        expect(BigInt(`0x0${Buffer.from(value).toString('hex')}`)).toBe(
          BigInt(`0x0${Buffer.from(magnitude).toString('hex')}`),
        );
        expect(value[0]).toBeLessThan(0x80);
      }),
    );
  });

  it('a written ECDSA signature keeps r and s', () => {
    fc.assert(
      fc.property(bytes(64, 64), (raw) => {
        fc.pre(raw.subarray(0, 32).some(Boolean) && raw.subarray(32).some(Boolean));
        const { r, s } = readEcdsaSignature(encodeEcdsaSignature(raw), 32);
        expect([...r, ...s]).toEqual([...raw]);
      }),
    );
  });

  it('a written UTCTime is exact to the second', () => {
    for (const time of [1_795_263_133, 946_684_800, 2_524_607_999])
      expect(readTime(readDer(encodeUtcTime(time)))).toBe(time);
  });

  it('a written SET OF is sorted by encoding, shorter first', () => {
    const [a, b, c] = [
      encodeUnsigned(Uint8Array.of(2)),
      encodeUnsigned(Uint8Array.of(1, 1)),
      encodeUnsigned(Uint8Array.of(1)),
    ];
    expect(Buffer.from(encodeSetOf(Tag.set, [b!, a!, c!])).toString('hex')).toBe(
      '310a020101020102' + '02020101',
    );
  });
});
