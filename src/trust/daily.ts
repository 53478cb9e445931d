/**
 * Provides the trust root for signing. It uses the files on disk and asks the mirror once a day, beside the login. A
 * signature waits a few seconds for the mirror only if the last answer is over a week old, or if there is nothing on disk.
 * While the files on disk can be used, no failure of the mirror fails a signature. Verifying never comes here.
 */

import type { Crypto } from '../core/crypto.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { isSignetError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import { nodeFs } from '../system/node-fs.ts';
import { join } from '../system/paths.ts';
import { loadTrust } from './load.ts';
import { type MirrorSource, trustSourceOf } from './source.ts';
import { readState } from './state-file.ts';

export interface DailyOptions {
  readonly settings: Settings;
  readonly crypto: Crypto;
  readonly env: Environment;
  /** Unix seconds. */
  readonly now: () => number;
}

const DAY = 86_400;
const WEEK = 7 * DAY;
/** Seconds between two requests to a mirror that does not answer. */
const AGAIN = 6 * 3600;
/** Most seconds that a signature waits for a mirror. */
const PATIENCE = 5;

/** Returns the seconds since the mirror last confirmed the files on disk. Built-in trust counts as one day old. */
async function ageOf(source: MirrorSource, now: number): Promise<number> {
  try {
    const { refreshed } = (await readState(source)) ?? {};
    return refreshed === undefined ? DAY : Math.abs(now - refreshed);
  } catch (error) {
    if (isSignetError(error)) return 0;
    throw error;
  }
}

function triedLately(directory: string, now: number): boolean {
  const { statSync } = nodeFs();
  const tried = statSync(join(directory, 'tried'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(now - tried / 1000) < AGAIN;
}

/** Remembers the attempt. If the folder cannot be written, the update itself reports that. */
function markTried(directory: string): void {
  const { mkdirSync, writeFileSync } = nodeFs();
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, 'tried'), '', { mode: 0o600 });
  } catch {
    // without the mark, the next signature asks again
  }
}

/** Asks the mirror now. `patience` is the number of seconds to wait for another process that asks it. */
async function look(source: MirrorSource, options: DailyOptions, patience: number): Promise<void> {
  const { settings, env, crypto, now } = options;
  const [{ createHttpClient }, { networkOptions }, { refreshTrust }] = await Promise.all([
    import('../http/http.ts'),
    import('../http/network.ts'),
    import('./mirror-refresh.ts'),
  ]);
  markTried(source.directory ?? '');
  const timeout = Math.min(settings.timeout, PATIENCE);
  const { send, close } = createHttpClient({ ...networkOptions(settings, env), timeout });
  const ended = setTimeout(close, PATIENCE * 1000);
  try {
    await refreshTrust(source, { send, crypto, now, patience });
  } finally {
    clearTimeout(ended);
    close();
  }
}

/** A request to the mirror that is under way. `finished` never rejects. */
export interface DailyLook {
  readonly finished: Promise<void>;
}

const NONE: DailyLook = { finished: Promise.resolve() };

/**
 * Asks the mirror if that is due, and waits for the answer if the files on disk are old. The agent calls it before it
 * asks for a certificate. Never rejects.
 */
export async function lookDaily(options: DailyOptions): Promise<DailyLook> {
  try {
    const source = trustSourceOf(options.settings, options.crypto);
    const now = options.now();
    if (source.kind !== 'mirror' || source.directory === undefined) return NONE;
    const age = await ageOf(source, now);
    if (age < DAY || triedLately(source.directory, now)) return NONE;
    const finished = look(source, options, 1).catch(() => undefined);
    if (age > WEEK) await finished;
    return { finished };
  } catch (error) {
    if (isSignetError(error)) return NONE;
    throw error;
  }
}

/**
 * Returns the trust root in force, for signing. If a mirror was never asked, it is asked now.
 * @throws ConfigError for wrong settings or files. ServiceError if a mirror cannot be asked. AnswerError if its answer
 * does not prove itself
 */
export async function trustForSigning(options: DailyOptions): Promise<TrustMaterial> {
  const { settings, crypto } = options;
  const source = trustSourceOf(settings, crypto);
  const mirror = source.kind === 'mirror' && source.directory !== undefined ? source : undefined;
  const isPublic = mirror?.anchor.kind === 'embedded' && mirror.anchor.instance === 'public-good';
  if (mirror !== undefined && !isPublic && (await readState(mirror)) === undefined)
    await look(mirror, options, PATIENCE);
  return loadTrust(settings, crypto);
}
