/** Reads a token from a file, which a projected volume or a CI step keeps up to date. */

import { fromUtf8 } from '../../core/bytes.ts';
import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, noToken } from './ambient.ts';
import { WELL_KNOWN_TOKEN_FILE } from './places.ts';

const LIMIT = 64 * 1024;

export async function fetchToken({ source, settings }: AmbientRequest): Promise<Secret> {
  const path = settings.tokenFile ?? WELL_KNOWN_TOKEN_FILE;
  const about = { ...source, service: path };
  const [{ open }, { constants }] = await Promise.all([
    import('node:fs/promises'),
    import('node:fs'),
  ]);
  // opening a FIFO would block
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw noToken(about, code === 'ENOENT' ? 'there is no such file' : 'it cannot be read');
  });
  try {
    if (!(await file.stat()).isFile()) throw noToken(about, 'it is not a plain file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LIMIT + 1), 0, LIMIT + 1, 0);
    if (bytesRead > LIMIT) throw noToken(about, 'it is over 64 KiB');
    const text = fromUtf8(buffer.subarray(0, bytesRead))?.trim() ?? '';
    if (text === '') throw noToken(about, 'it is empty');
    return new Secret(text);
  } finally {
    await file.close();
  }
}
