import { describe, expect, it } from 'vitest';
import { DerError } from '../../../src/core/cms/der.ts';
import { readArmor, readSignedData } from '../../../src/core/cms/signed-data.ts';
import { readCertificate, readSharedCertificate } from '../../../src/core/x509/certificate.ts';
import { vectors } from '../../support/gitsign-vectors.ts';

const [{ signature }] = vectors.filter(({ expected }) => expected === 'valid') as [
  (typeof vectors)[number],
];
const { der } = readSignedData(readArmor(signature)).signer.certificate;

describe('a certificate that several signatures hold', () => {
  it('the same bytes are read once, and other bytes are read anew (X04)', () => {
    const first = readSharedCertificate(der);
    expect(first).toEqual(readCertificate(new Uint8Array(der)));
    expect(readSharedCertificate(new Uint8Array(der))).toBe(first);
    // the last byte belongs to the signature of the issuer
    const changed = Uint8Array.of(...der.subarray(0, -1), (der.at(-1) ?? 0) ^ 1);
    const other = readSharedCertificate(changed);
    expect(other).not.toBe(first);
    expect(other.signature).not.toEqual(first.signature);
    expect(readSharedCertificate(der)).toBe(first);
  });

  it('its bytes may change after it was read, and it stays what it was (X04)', () => {
    const bytes = new Uint8Array(der);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 2;
    const before = readSharedCertificate(bytes);
    const was = before.signature.slice();
    bytes.set(der);
    expect(before.signature).toEqual(was);
    expect(readSharedCertificate(bytes)).not.toBe(before);
  });

  it('bytes that are no certificate are refused each time', () => {
    const cut = der.subarray(0, -1);
    expect(() => readSharedCertificate(cut)).toThrow(DerError);
    expect(() => readSharedCertificate(cut)).toThrow(DerError);
  });
});
