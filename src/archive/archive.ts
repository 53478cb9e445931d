/**
 * What a release archive holds, entry by entry: names as bytes, kinds, and the blob id that git would give the content.
 * Nothing is unpacked. Anything that one program would unpack differently from another is a fault of the archive, not
 * a matter of taste.
 */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { ObjectFormat } from '../core/git/object.ts';
import { UsageError } from '../errors.ts';
import { type Archive, ArchiveFault, type ArchiveLimits } from './entry.ts';

/** What a file begins with: as much as says what programs take it for. */
const BEGINNING = 512;

async function beginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(BEGINNING), 0, BEGINNING, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const ZIP_NAME = /\.zip$/i;
const TAR_NAME = /\.(?:tar|tgz|tar\.[^./]+)$/i;

/**
 * A zip is found from its end and a tar from its beginning, so one file can be both. Some programs go by the name, some
 * by how it begins: name and beginning must say one thing.
 */
function refuseTwofold(path: string, isZip: boolean, isTar: boolean): void {
  const [is, isNot] = isZip ? ['zip', 'tar'] : ['tar', 'zip'];
  if ((isZip ? TAR_NAME : ZIP_NAME).test(path)) {
    throw new ArchiveFault(`is called a ${isNot}, and begins like a ${is}`);
  }
  if (isZip && isTar) throw new ArchiveFault('begins like a zip and like a tar');
}

/** Reads an archive: tar, tar.gz or zip, by what it begins with. @throws UsageError, ArchiveFault */
export async function readArchive(
  path: string,
  format: ObjectFormat,
  limits: ArchiveLimits,
): Promise<Archive> {
  let magic: Uint8Array;
  try {
    magic = await beginning(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path}: cannot be read: ${why}`);
  }
  const isZip = magic[0] === 0x50 && magic[1] === 0x4b;
  const { mayBeHeader } = await import('./tar-header.ts');
  refuseTwofold(path, isZip, mayBeHeader(magic));
  if (isZip) return (await import('./zip.ts')).readZip(path, format, limits);
  const { readTar } = await import('./tar.ts');
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return readTar(file, format, limits);
  const plain = file.pipe(createGunzip({ chunkSize: 256 * 1024 }));
  file.once('error', (error) => plain.destroy(error));
  try {
    return await readTar(plain, format, limits);
  } finally {
    file.destroy();
  }
}
