/** Archives that say two things at once: each is crafted so that other programs unpack what this one did not see. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readArchive } from '../../src/archive/archive.ts';

const directory = mkdtempSync(join(tmpdir(), 'signet-archive-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const limits = { bytes: 1 << 20, entries: 100 };

let count = 0;
async function names(
  bytes: Uint8Array,
  extension = 'bin',
  within = limits,
): Promise<readonly string[]> {
  count += 1;
  const path = join(directory, `${count}.${extension}`);
  writeFileSync(path, bytes);
  return (await readArchive(path, 'sha1', within)).entries.map(({ name }) => name);
}

interface Part {
  readonly name: string;
  readonly body?: string;
  readonly flags?: number;
  readonly localFlags?: number;
  readonly localSize?: number;
  readonly localExtra?: Buffer;
  readonly mode?: number;
  /** The body, deflated, and what stands behind it. */
  readonly packed?: Buffer;
}

function local({ name, body = '', packed, ...more }: Part): Buffer {
  const extra = more.localExtra ?? Buffer.alloc(0);
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(more.localFlags ?? more.flags ?? 0, 6);
  head.writeUInt16LE(packed === undefined ? 0 : 8, 8);
  head.writeUInt32LE(crc32(body), 14);
  head.writeUInt32LE(more.localSize ?? packed?.length ?? body.length, 18);
  head.writeUInt32LE(body.length, 22);
  head.writeUInt16LE(name.length, 26);
  head.writeUInt16LE(extra.length, 28);
  return Buffer.concat([head, Buffer.from(name), extra, packed ?? Buffer.from(body)]);
}

function listed(
  { name, body = '', flags = 0, mode = 0o100644, packed }: Part,
  offset: number,
): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE((3 << 8) | 20, 4);
  head.writeUInt16LE(20, 6);
  head.writeUInt16LE(flags, 8);
  head.writeUInt16LE(packed === undefined ? 0 : 8, 10);
  head.writeUInt32LE(crc32(body), 16);
  head.writeUInt32LE(packed?.length ?? body.length, 20);
  head.writeUInt32LE(body.length, 24);
  head.writeUInt16LE(name.length, 28);
  head.writeUInt32LE((mode << 16) >>> 0, 38);
  head.writeUInt32LE(offset, 42);
  return Buffer.concat([head, Buffer.from(name)]);
}

function end(entries: number, size: number, start: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06054b50, 0);
  bytes.writeUInt16LE(entries, 8);
  bytes.writeUInt16LE(entries, 10);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt32LE(start, 16);
  return bytes;
}

/** `hidden` stands between entries and directory, `after` between directory and end. */
function zip(
  part: Part,
  hidden: Buffer = Buffer.alloc(0),
  after: Buffer = Buffer.alloc(0),
  size?: number,
): Buffer {
  const first = local(part);
  const list = listed(part, 0);
  const start = first.length + hidden.length;
  return Buffer.concat([first, hidden, list, after, end(1, size ?? list.length, start)]);
}

describe('zip', () => {
  const good: Part = { name: 'good', body: 'good\n' };
  const evil: Part = { name: 'evil', body: 'evil\n' };

  it('a zip of one entry and nothing else is read (P07)', async () => {
    expect(await names(zip(good))).toEqual(['good']);
  });

  it.each(['good\n', 'good\n'.repeat(2_000_000)])(
    'a zip that hides an entry behind packed data is refused (P07)',
    async (body) => {
      const part = { ...good, body, packed: deflateRawSync(body) };
      const large = { bytes: body.length, entries: 1 };
      expect(await names(zip(part), 'zip', large)).toEqual(['good']);
      const packed = Buffer.concat([part.packed, local(evil)]);
      await expect(names(zip({ ...part, packed }), 'zip', large)).rejects.toMatchObject({
        code: 'hidden-bytes',
      });
      const cut = part.packed.subarray(0, -1);
      await expect(names(zip({ ...part, packed: cut }), 'zip', large)).rejects.toMatchObject({
        code: 'malformed',
      });
    },
  );

  it('a zip with an entry that its directory does not list is refused (P07)', async () => {
    await expect(names(zip(good, local(evil)))).rejects.toMatchObject({ code: 'hidden-bytes' });
  });

  it('a zip with a second directory is refused (P07)', async () => {
    const other = Buffer.concat([local(evil), listed(evil, 0)]);
    const size = listed(evil, 0).length;
    await expect(names(zip(good, undefined, other, size))).rejects.toMatchObject({
      code: 'hidden-bytes',
    });
    await expect(names(zip(good, undefined, other))).rejects.toMatchObject({
      code: 'hidden-bytes',
    });
  });

  it('a zip whose directory is longer than its count is refused (P07)', async () => {
    const more = listed(evil, 0);
    const size = listed(good, 0).length + more.length;
    await expect(names(zip(good, undefined, more, size))).rejects.toMatchObject({
      code: 'hidden-bytes',
    });
  });

  it('a zip whose locator leads to another directory is refused (P07)', async () => {
    const locator = Buffer.alloc(20);
    locator.writeUInt32LE(0x07064b50, 0);
    const record = Buffer.alloc(56);
    record.writeUInt32LE(0x06064b50, 0);
    record.writeBigUInt64LE(44n, 4);
    record.writeBigUInt64LE(1n, 24);
    record.writeBigUInt64LE(1n, 32);
    const first = local(good);
    const list = listed(good, 0);
    record.writeBigUInt64LE(BigInt(list.length), 40);
    record.writeBigUInt64LE(BigInt(first.length), 48);
    locator.writeBigUInt64LE(BigInt(first.length + list.length), 8);
    const parts = [first, list, record, locator];
    const same = Buffer.concat([...parts, end(1, list.length, first.length)]);
    expect(await names(same)).toEqual(['good']);
    const other = Buffer.concat([...parts, end(1, list.length, first.length - 1)]);
    await expect(names(other)).rejects.toMatchObject({ code: 'hidden-bytes' });
  });

  it.each<[string, Part, string]>([
    ['other flags', { ...good, localFlags: 8 }, 'ambiguous'],
    ['another packed size', { ...good, localSize: 1 }, 'ambiguous'],
    [
      'a name of its own in Unicode',
      { ...good, localExtra: Buffer.from('75700900010000000065766962', 'hex') },
      'ambiguous',
    ],
    ['a cut-off extra field', { ...good, localExtra: Buffer.from('7570ff', 'hex') }, 'malformed'],
  ])('a zip whose local header has %s is refused (P07)', async (_, part, code) => {
    await expect(names(zip(part))).rejects.toMatchObject({ code });
  });

  it('an archive with a set-user-id file is refused (P07)', async () => {
    await expect(names(zip({ ...good, mode: 0o104755 }))).rejects.toMatchObject({ code: 'rights' });
  });
});

const octal = (value: number, length: number): string =>
  `${value.toString(8).padStart(length - 1, '0')}\0`;

function tarEntry(name: string, type: string, body: string, mode = 0o644): Buffer {
  const head = Buffer.alloc(512);
  head.write(name, 0);
  head.write(octal(mode, 8), 100);
  head.write(octal(0, 8), 108);
  head.write(octal(0, 8), 116);
  head.write(octal(Buffer.byteLength(body), 12), 124);
  head.write(octal(0, 12), 136);
  head.write('        ', 148);
  head.write(type, 156);
  head.write('ustar\x0000', 257, 'latin1');
  head.write(
    octal(
      head.reduce((sum, byte) => sum + byte, 0),
      8,
    ),
    148,
  );
  const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(body) / 512) * 512);
  padded.write(body);
  return Buffer.concat([head, padded]);
}

const pax = (record: string): Buffer => {
  const length = record.length + 4;
  return tarEntry('x', 'x', `${length} ${record}\n`);
};

describe('tar', () => {
  const good = tarEntry('good', '0', 'good\n');
  const zeros = Buffer.alloc(1024);

  it('a tar of one file is read (P07)', async () => {
    expect(await names(Buffer.concat([good, zeros]))).toEqual(['good']);
    expect(await names(Buffer.concat([pax('path=better'), good, zeros]))).toEqual(['better']);
  });

  it('a tar with two kinds of extended headers for one entry is refused (P07)', async () => {
    const longName = tarEntry('././@LongLink', 'L', 'evil\0');
    const both = [longName, pax('path=better'), good, zeros];
    await expect(names(Buffer.concat(both))).rejects.toMatchObject({ code: 'ambiguous' });
    const twice = [pax('path=worse!'), pax('path=better'), good, zeros];
    await expect(names(Buffer.concat(twice))).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('a tar with two sizes of one entry is refused (P07)', async () => {
    const sized = Buffer.concat([pax('size=000512'), good, zeros]);
    await expect(names(sized)).rejects.toMatchObject({ code: 'ambiguous' });
    const hidden = [pax('size=000000'), tarEntry('dir', '5', ' '.repeat(512)), good, zeros];
    await expect(names(Buffer.concat(hidden))).rejects.toMatchObject({ code: 'ambiguous' });
  });

  it('an archive with a set-user-id file is refused (P07)', async () => {
    const program = Buffer.concat([tarEntry('good', '0', 'good\n', 0o4755), zeros]);
    await expect(names(program)).rejects.toMatchObject({ code: 'rights' });
  });

  it('a tar.gz with a second gzip member behind an empty block is refused (P07)', async () => {
    const first = gzipSync(Buffer.concat([good, Buffer.alloc(512)]));
    const second = gzipSync(Buffer.concat([tarEntry('evil', '0', 'evil\n'), zeros]));
    await expect(names(Buffer.concat([first, second]))).rejects.toMatchObject({
      code: 'hidden-bytes',
    });
  });
});

describe('zip and tar at once', () => {
  const zeros = Buffer.alloc(1024);
  const good = zip({ name: 'good', body: 'good\n' });
  const tar = Buffer.concat([tarEntry('good', '0', 'good\n'), zeros]);

  it('a zip and a tar with the right names are read (P07)', async () => {
    expect(await names(good, 'zip')).toEqual(['good']);
    expect(await names(tar, 'tar')).toEqual(['good']);
    expect(await names(gzipSync(tar), 'tar.gz')).toEqual(['good']);
  });

  it('a tar with a zip behind it and the name of a zip is refused (P07)', async () => {
    const packed = Buffer.concat([gzipSync(tar), Buffer.alloc(1), good]);
    await expect(names(packed, 'ZIP')).rejects.toMatchObject({ code: 'kind' });
    await expect(names(tar, 'zip')).rejects.toMatchObject({ code: 'kind' });
    await expect(names(good, 'tgz')).rejects.toMatchObject({ code: 'kind' });
    await expect(names(good, 'tar.gz')).rejects.toMatchObject({ code: 'kind' });
  });

  it.each([0, 256])('a zip with a tar in an extra field is refused (P07)', async (signed) => {
    const extra = Buffer.alloc(1024);
    extra.writeUInt16LE(0xcafe, 0);
    extra.writeUInt16LE(1020, 2);
    extra.fill(0xf6, 300, 310);
    const both = zip({ name: 'good', body: 'good\n', localExtra: extra });
    expect(await names(both, 'zip')).toHaveLength(1);
    const field = 148;
    both.write('        ', field);
    const head = both.subarray(0, 512);
    const high = head.filter((byte) => byte > 0x7f).length;
    const sum = head.reduce((all, byte) => all + byte, 0) - signed * high;
    both.write(octal(sum, 8), field);
    await expect(names(both, 'zip')).rejects.toMatchObject({ code: 'kind' });
  });
});
