/** Keeps what a log contradicted itself with, in a file of its own for each contradiction: both signed notes, as the log gave them. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { systemReason } from '../system/system-error.ts';
import { writeWhole } from '../trust/state-write.ts';
import type { LogLie } from './follow.ts';

/** Writes the evidence once, and returns its path. @throws ConfigError */
export async function keepEvidence(
  lie: LogLie,
  { directory, url, logId, now }: { directory: string; url: string; logId: string; now: number },
): Promise<string> {
  const { kind, message: detail, earlier, later } = lie;
  const name = createHash('sha256').update(`${kind}\n${earlier}\n${later}`).digest('hex');
  const folder = join(directory, 'evidence');
  const path = join(folder, `${kind}-${name.slice(0, 16)}.json`);
  if (existsSync(path)) return path;
  const seen = new Date(now * 1000).toISOString();
  const content = { schemaVersion: 1, kind, detail, log: url, logId, seen, earlier, later };
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeWhole(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    throw new ConfigError(`${path} cannot be written: ${systemReason(error)}`);
  }
  return path;
}
