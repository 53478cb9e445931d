/**
 * Reads a release archive, entry by entry: names as bytes, kinds, and the blob id that git would give the content. It
 * unpacks nothing. If two programs would unpack the archive differently, the archive is at fault.
 */

import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { ObjectFormat } from '../core/git/signed-object.ts';
import { UsageError } from '../errors.ts';
import { type Archive, ArchiveFault, type ArchiveLimits } from './entry.ts';

/** Bytes at the beginning of a file from which programs guess its kind. */
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
 * Refuses a file whose name and beginning disagree. A zip is found from its end and a tar from its beginning, so one file
 * can be both. Some programs trust the name, and some trust the beginning.
 */
function refuseTwofold(path: string, isZip: boolean, isTar: boolean): void {
  const [is, isNot] = isZip ? ['zip', 'tar'] : ['tar', 'zip'];
  if ((isZip ? TAR_NAME : ZIP_NAME).test(path)) {
    throw new ArchiveFault('kind', `it is named as a ${isNot}, but begins like a ${is}`);
  }
  if (isZip && isTar) throw new ArchiveFault('kind', 'it begins like a zip and like a tar');
}

/** Reads a tar, tar.gz or zip. The beginning of the file decides which. @throws UsageError, ArchiveFault */
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
    throw new UsageError(`${path} cannot be read: ${why}`);
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
