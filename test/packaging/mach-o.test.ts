import { describe, expect, it } from 'vitest';
import { readCodeSignature } from '../../scripts/packaging/mach-o.ts';
import { signAdHoc } from '../../scripts/packaging/mach-o-sign.ts';

const TEXT_SIZE = 0x3000;
const LINK_EDIT_SIZE = 0x1230;
const SIGNATURE = TEXT_SIZE + LINK_EDIT_SIZE;

/** A Mach-O file of two segments, with 64 zeros where its signature is to be. */
function unsigned(): Buffer {
  const file = Buffer.alloc(SIGNATURE + 64);
  for (let at = 0x400; at < SIGNATURE; at += 1) file[at] = (at * 7) % 251;
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(3, 16);
  const segment = (at: number, name: string, offset: number, size: number): void => {
    file.writeUInt32LE(0x19, at);
    file.writeUInt32LE(72, at + 4);
    file.write(name, at + 8);
    file.writeBigUInt64LE(BigInt(offset), at + 40);
    file.writeBigUInt64LE(BigInt(size), at + 48);
  };
  segment(32, '__TEXT', 0, TEXT_SIZE);
  segment(104, '__LINKEDIT', TEXT_SIZE, LINK_EDIT_SIZE + 64);
  file.writeUInt32LE(0x1d, 176);
  file.writeUInt32LE(16, 180);
  file.writeUInt32LE(SIGNATURE, 184);
  file.writeUInt32LE(64, 188);
  return file;
}

const signed = signAdHoc(unsigned(), 'git-signet');
const changed = (change: (file: Buffer) => void): readonly string[] => {
  const file = Buffer.from(signed);
  change(file);
  return readCodeSignature(file).faults;
};

describe('the signature of a macOS executable', () => {
  it('covers every page, names us, and is the end of the file', () => {
    expect(readCodeSignature(signed)).toEqual({
      identifier: 'git-signet',
      adHoc: true,
      pages: 5,
      pageSize: 4096,
      faults: [],
    });
  });

  it('is the same again for a file that was signed already', () => {
    expect(signAdHoc(signed, 'git-signet').equals(signed)).toBe(true);
  });

  it('leaves the code as it was', () => {
    const code = (file: Buffer): Buffer => file.subarray(0x400, SIGNATURE);
    expect(code(signed).equals(code(unsigned()))).toBe(true);
  });

  it('is refused after a byte of any page changed', () => {
    for (const at of [0x500, 0x1000, SIGNATURE - 1]) {
      expect(changed((file) => file.writeUInt8(file.readUInt8(at) ^ 1, at))).toEqual([
        `1 of 5 pages differ, the first is ${Math.floor(at / 4096)}`,
      ]);
    }
  });

  it('is refused where it covers less than the code, as one left over from another file does', () => {
    const limit = SIGNATURE + 20 + 32;
    expect(changed((file) => file.writeUInt32BE(0x3000, limit))).toContain(
      `the hashes end at ${0x3000}, the code at ${SIGNATURE}`,
    );
  });

  it('is refused where something follows it', () => {
    const longer = Buffer.concat([signed, Buffer.alloc(16)]);
    expect(readCodeSignature(longer).faults).toEqual([
      `the signature ends at ${signed.length}, the file at ${signed.length + 16}`,
    ]);
  });

  it('is refused where the last segment does not end with it', () => {
    expect(changed((file) => file.writeBigUInt64LE(1n, 104 + 48))).toContain(
      '__LINKEDIT does not end where the signature ends',
    );
  });

  it('is not read from a file without one, or of another format', () => {
    expect(() => readCodeSignature(unsigned())).toThrow('the signature is no super blob');
    const none = unsigned();
    none.writeUInt32LE(2, 16);
    expect(() => readCodeSignature(none)).toThrow('no code signature');
    expect(() => signAdHoc(none, 'x')).toThrow('no room for a signature');
    expect(() => readCodeSignature(Buffer.from('\x7fELF'.padEnd(64)))).toThrow('not a 64-bit');
  });
});
