import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type Entry, fromBuffer } from 'yauzl';
import { type ArchivedFile, archivedFiles, tarGz } from '../../scripts/packaging/tar.ts';
import { zip } from '../../scripts/packaging/zip.ts';

const EPOCH = 1_790_000_001;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A platform's tree, written in another order and at another time with each call. */
function tree(names: readonly string[]): readonly ArchivedFile[] {
  const folder = mkdtempSync(join(tmpdir(), 'git-signet-archive-'));
  folders.push(folder);
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `${name}\n`.repeat(100));
    chmodSync(path, name === 'git-signet' ? 0o700 : 0o600);
    utimesSync(path, folders.length, folders.length);
  }
  return archivedFiles(folder, 'top');
}

const NAMES = ['git-signet', 'man/git-signet.1', 'LICENSE'];
const SORTED = ['top/LICENSE', 'top/git-signet', 'top/man/git-signet.1'];

async function untarred(bytes: Buffer): Promise<readonly Header[]> {
  const headers: Header[] = [];
  const stream = extract();
  stream.end(gunzipSync(bytes));
  for await (const entry of stream) {
    headers.push(entry.header);
    expect((await buffer(entry)).toString()).toContain(entry.header.name.replace('top/', ''));
  }
  return headers;
}

describe('a tar archive', () => {
  it('has sorted names in one folder, fixed owners, two modes and the time of the commit', async () => {
    const headers = await untarred(await tarGz(tree(NAMES), EPOCH));
    expect(headers.map(({ name }) => name)).toEqual(SORTED);
    expect(headers.map(({ mode }) => mode)).toEqual([0o644, 0o755, 0o644]);
    for (const { uid, gid, mtime } of headers) {
      expect([uid, gid, mtime?.getTime()]).toEqual([0, 0, EPOCH * 1000]);
    }
  });

  it('is the same, byte for byte, for the same content', async () => {
    const [first, second] = [tree(NAMES), tree(NAMES.toReversed())];
    expect((await tarGz(first, EPOCH)).equals(await tarGz(second, EPOCH))).toBe(true);
    expect((await tarGz(first, EPOCH)).equals(await tarGz(second, EPOCH + 1))).toBe(false);
  });

  it('names neither a time nor a system in its gzip header', async () => {
    const header = (await tarGz(tree(NAMES), EPOCH)).subarray(0, 10);
    expect(header.toString('hex')).toMatch(/^1f8b08(?:00){5}..ff$/);
  });
});

/** What another reader finds in a zip archive. */
function unzipped(bytes: Buffer): Promise<readonly (readonly [entry: Entry, text: string])[]> {
  return new Promise((resolve, reject) => {
    const read: [Entry, string][] = [];
    fromBuffer(bytes, { lazyEntries: true }, (error, file) => {
      if (error) return reject(error);
      file.on('error', reject);
      file.on('end', () => resolve(read));
      file.on('entry', (entry) => {
        file.openReadStream(entry, async (failed, stream) => {
          if (failed) return reject(failed);
          read.push([entry, (await buffer(stream)).toString()]);
          file.readEntry();
        });
      });
      file.readEntry();
    });
  });
}

/** MS-DOS time: two seconds, minutes, hours, and day, month, years from 1980. */
const timeOf = ({ lastModFileDate: date, lastModFileTime: time }: Entry): readonly number[] => [
  ...[(date >> 9) + 1980, (date >> 5) & 15, date & 31],
  ...[time >> 11, (time >> 5) & 63, (time & 31) * 2],
];

describe('a zip archive', () => {
  it('has sorted names in one folder, modes and the time of the commit', async () => {
    const read = await unzipped(zip(tree(NAMES), EPOCH));
    expect(read.map(([{ fileName }]) => fileName)).toEqual(SORTED);
    const modes = read.map(([entry]) => (entry.externalFileAttributes >>> 16).toString(8));
    expect(modes).toEqual(['100644', '100755', '100644']);
    for (const [entry, text] of read) {
      expect(text).toBe(`${entry.fileName.replace('top/', '')}\n`.repeat(100));
      // 2026-09-21T14:13:21Z in even seconds
      expect(timeOf(entry)).toEqual([2026, 9, 21, 14, 13, 20]);
    }
  });

  it('is the same, byte for byte, for the same content', () => {
    const [first, second] = [tree(NAMES), tree(NAMES.toReversed())];
    expect(zip(first, EPOCH).equals(zip(second, EPOCH))).toBe(true);
  });

  it('has the oldest time of its format where the commit is older', async () => {
    const [[entry] = []] = await unzipped(zip(tree(['LICENSE']), 0));
    expect(entry && timeOf(entry)).toEqual([1980, 1, 1, 0, 0, 0]);
  });
});
