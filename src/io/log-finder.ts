/** The search for log entries as settings describe it: which log, and where found entries are kept. */

import { isAbsolute, join } from 'node:path';
import type { Crypto } from '../core/crypto.ts';
import type { Environment, Settings } from './config.ts';
import { createHttpClient } from './http.ts';
import { createLogFinder, type LogFinder } from './rekor.ts';
import { searchableLog } from './services.ts';
import type { SigningConfig } from './trust-store.ts';

export interface LogFinderOptions {
  readonly settings: Settings;
  readonly signingConfig: SigningConfig;
  readonly environment: Environment;
  readonly crypto: Crypto;
  /** Unix seconds. */
  readonly now: number;
}

export interface OpenLogFinder extends LogFinder {
  readonly close: () => void;
}

/** Undefined where settings forbid the network, or no log that can be searched is named. Close it after use. */
export function openLogFinder(options: LogFinderOptions): OpenLogFinder | undefined {
  const { settings, signingConfig, environment, crypto, now } = options;
  const rekorUrl = settings.offline ? undefined : searchableLog(settings, signingConfig, now);
  if (rekorUrl === undefined) return undefined;
  const { send, close } = createHttpClient({
    tlsUnchecked: environment.NODE_TLS_REJECT_UNAUTHORIZED === '0',
  });
  const directory = entryDirectory(environment);
  return { ...createLogFinder({ send, crypto, rekorUrl, directory }), close };
}

/** The XDG cache of this user; undefined where there is none, so that nothing is kept. */
export function entryDirectory(env: Environment): string | undefined {
  const home = env.HOME ?? env.USERPROFILE;
  const named = [
    env.XDG_CACHE_HOME,
    env.LOCALAPPDATA,
    home === undefined ? undefined : join(home, '.cache'),
  ];
  const cache = named.find((path) => path !== undefined && isAbsolute(path));
  return cache === undefined ? undefined : join(cache, 'git-signet', 'entries');
}
