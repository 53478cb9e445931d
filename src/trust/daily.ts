/**
 * Trust for signing: what is on disk, and once a day a look at the mirror, beside the login. The signature waits for the
 * mirror, a few seconds, only where the last look is over a week ago or there is nothing to sign with; and no failure of
 * it fails a signature while what is on disk can be used. Verifying never comes here.
 */

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { isSignetError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';
import { loadTrust } from './load.ts';
import { type MirrorSource, trustSourceOf } from './source.ts';
import { readState } from './state-file.ts';

export interface DailyOptions {
  readonly settings: Settings;
  readonly crypto: Crypto;
  readonly environment: Environment;
  /** Unix seconds. */
  readonly now: () => number;
}

const DAY = 86_400;
const WEEK = 7 * DAY;
/** Seconds between two looks at a mirror that does not answer. */
const AGAIN = 6 * 3600;
/** Seconds that a signature waits for a mirror at most. */
const PATIENCE = 5;

/** Seconds since the mirror last vouched for what is here; what is built in is due, and good enough to begin with. */
function ageOf(source: MirrorSource, now: number): number {
  try {
    const { refreshed } = readState(source) ?? {};
    return refreshed === undefined ? DAY : Math.abs(now - refreshed);
  } catch (error) {
    if (isSignetError(error)) return 0;
    throw error;
  }
}

function triedLately(directory: string, now: number): boolean {
  const tried = statSync(join(directory, 'tried'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.abs(now - tried / 1000) < AGAIN;
}

/** Where nothing can be written, the update itself says so. */
function markTried(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, 'tried'), '', { mode: 0o600 });
  } catch {
    // it is tried again the next time
  }
}

/** Asks the mirror now. `patience`: seconds to wait for another process that asks it. */
async function look(source: MirrorSource, options: DailyOptions, patience: number): Promise<void> {
  const { settings, environment, crypto, now } = options;
  const [{ createHttpClient }, { networkOptions }, { refreshTrust }] = await Promise.all([
    import('../http/http.ts'),
    import('../http/network.ts'),
    import('./mirror-refresh.ts'),
  ]);
  markTried(source.directory ?? '');
  const timeout = Math.min(settings.timeout, PATIENCE);
  const { send, close } = createHttpClient({ ...networkOptions(settings, environment), timeout });
  const ended = setTimeout(close, PATIENCE * 1000);
  try {
    await refreshTrust(source, { send, crypto, now, patience });
  } finally {
    clearTimeout(ended);
    close();
  }
}

/** A look at the mirror that is under way; `finished` never rejects. */
export interface DailyLook {
  readonly finished: Promise<void>;
}

const NONE: DailyLook = { finished: Promise.resolve() };

/**
 * Looks at the mirror where that is due, and waits for it where what is here is old. For the agent: call it before a
 * certificate is asked for. Never rejects.
 */
export async function lookDaily(options: DailyOptions): Promise<DailyLook> {
  try {
    const source = trustSourceOf(options.settings, options.crypto);
    const now = options.now();
    if (source.kind !== 'mirror' || source.directory === undefined) return NONE;
    const age = ageOf(source, now);
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
 * The trust in force, for signing: a mirror that was never asked is asked now.
 * @throws ConfigError; ServiceError, AnswerError where a mirror must be asked and cannot be, or is not to be believed
 */
export async function trustForSigning(options: DailyOptions): Promise<TrustMaterial> {
  const { settings, crypto } = options;
  const source = trustSourceOf(settings, crypto);
  const mirror = source.kind === 'mirror' && source.directory !== undefined ? source : undefined;
  const isPublic = mirror?.anchor.kind === 'embedded' && mirror.anchor.instance === 'public-good';
  if (mirror !== undefined && !isPublic && readState(mirror) === undefined)
    await look(mirror, options, PATIENCE);
  return loadTrust(settings, crypto);
}
