/** Archives whose bytes depend on their content alone: sorted names, fixed owners and modes, one time. */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { filesBelow } from './deb-rpm.ts';

export interface ArchivedFile {
  /** Path in the archive, with `/`. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly executable: boolean;
}

/** The files of a folder in the order of their names, each name after `folder/`. */
export function archivedFiles(path: string, folder: string): readonly ArchivedFile[] {
  return filesBelow(path).map((name) => ({
    name: `${folder}/${name}`,
    bytes: readFileSync(join(path, name)),
    executable: (statSync(join(path, name)).mode & 0o100) !== 0,
  }));
}

/** Compresses without a name, a time, or the system in the header (RFC 1952 §2.3.1). */
export function gzipped(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // the best compression takes half as long again, and saves a thousandth
    gzip(bytes, (error, compressed) => {
      if (error !== null) return reject(error);
      // the system that compressed: unknown
      compressed[9] = 255;
      resolve(compressed);
    });
  });
}

/** Returns a gzipped tar archive; `epoch` is the time of every file in seconds since 1970. */
export async function tarGz(files: readonly ArchivedFile[], epoch: number): Promise<Buffer> {
  const stream = pack();
  const whole = buffer(stream);
  for (const { name, bytes, executable } of files) {
    const mode = executable ? 0o755 : 0o644;
    stream.entry({ name, mode, mtime: new Date(epoch * 1000), uid: 0, gid: 0 }, bytes);
  }
  stream.finalize();
  return gzipped(await whole);
}
