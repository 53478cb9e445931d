/** Reads the trust files that settings name. */

import { fromUtf8, toHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import { readFile } from '../system/files.ts';
import { basename, dirname } from '../system/paths.ts';
import { reasonOf } from '../system/system-error.ts';
import type { TrustSettings } from './source.ts';

const MAX_TRUST = 4 * 1024 * 1024;

/** Reads a trust or signing-config file as text. @throws ConfigError TRUST_FILE */
export async function readTrustFile(path: string): Promise<string> {
  const refuse = (why: string): ConfigError =>
    new ConfigError(`${path}: ${why}`, { code: 'TRUST_FILE' });
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw refuse(reasonOf(error));
  }
  if (bytes.length > MAX_TRUST) throw refuse('the file is longer than 4 MiB');
  const text = fromUtf8(bytes);
  if (text === undefined) throw refuse('the file is not UTF-8');
  return text;
}

/**
 * Reads the trust file of a setting. A file that `trust init` keeps is named by its own digest, so that a later edit is
 * noticed (threat T01). @throws ConfigError TRUST_FILE
 */
export async function readNamedTrust(
  path: string,
  { trustCache }: Pick<TrustSettings, 'trustCache'>,
  crypto: Crypto,
): Promise<string> {
  const text = await readTrustFile(path);
  if (dirname(path) !== trustCache) return text;
  const digest = toHex(crypto.hash('sha256', new TextEncoder().encode(text)));
  if (basename(path) === `${digest}.json`) return text;
  throw new ConfigError(`${path}: the file was changed after trust init put it there`, {
    code: 'TRUST_FILE',
    hint: 'run git signet trust init --from FILE again, with the file that you trust',
  });
}
