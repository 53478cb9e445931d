/**
 * Finds log entries that signatures do not embed. It looks at kept entries first, then asks the log if the network may
 * be used. It loads client, configuration and store for the first such signature.
 */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { LogLookup } from '../core/log-lookup.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { ReasonCode, Verdict } from '../core/verdict.ts';
import { isSignetError, ServiceError } from '../errors.ts';
import type { HttpSend } from '../http/message.ts';
import type { LogFinder, SearchableLog } from '../services/rekor-search.ts';
import type { Settings } from '../settings/load.ts';
import type { Environment } from '../system/environment.ts';

/** Why a log entry was not found. */
interface NotFound {
  readonly status: 'refused' | 'undecided';
  readonly code: ReasonCode;
  readonly detail: string;
}

export interface LogAccess {
  /**
   * Returns the verdict on a signature that embeds no entry. `verify` judges it with an entry or, called without one, as
   * it is. If a kept entry does not hold, the log is asked again, because a damaged file is not a forgery.
   */
  readonly judge: (
    lookup: LogLookup,
    verify: (found?: TransparencyLogEntry) => Promise<Verdict>,
  ) => Promise<Verdict>;
  /** Closes connections, so that the process can end. */
  readonly close: () => void;
}

export interface LogAccessOptions {
  readonly settings: Settings;
  readonly crypto: Crypto;
  readonly env: Environment;
  /** Unix seconds. */
  readonly now: () => number;
  /** This is one of many processes, as `git log` starts them. They do not ask a log that did not answer the last one. */
  readonly oneOfMany?: boolean;
}

const NOT_HERE: NotFound = {
  status: 'undecided',
  code: 'log-entry-absent',
  detail: 'the signature holds no log entry, and the log is not asked (offline)',
};
const NOT_LOGGED: NotFound = {
  status: 'refused',
  code: 'log-entry-not-found',
  detail: 'the log holds no entry for this signature',
};

/** Returns the folder of kept log entries, or undefined if there is no home folder. */
export function entryDirectory(env: Environment): string | undefined {
  const cache = env['XDG_CACHE_HOME'];
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'git-signet', 'entries');
  const home = env['HOME'] ?? homedir();
  return isAbsolute(home) ? join(home, '.cache', 'git-signet', 'entries') : undefined;
}

interface Opened {
  readonly find: LogFinder['find'];
  readonly close: () => void;
}

async function openFinder(options: LogAccessOptions): Promise<Opened> {
  const { createLogFinder } = await import('../services/rekor-search.ts');
  const { crypto, env } = options;
  let asked: Promise<SearchableLog & Pick<Opened, 'close'>> | undefined;
  const log = (): Promise<SearchableLog> => {
    asked ??= openLog(options);
    return asked;
  };
  const { find } = createLogFinder({ crypto, log, directory: entryDirectory(env) });
  return { find, close: () => void asked?.then(({ close }) => close()).catch(() => undefined) };
}

async function openLog(options: LogAccessOptions): Promise<SearchableLog & Pick<Opened, 'close'>> {
  const { settings, env, now } = options;
  if (settings.offline)
    throw new ServiceError('SERVICE_UNREACHABLE', 'the log is not asked (offline)');
  const [{ searchableLog }, { loadSigningConfig }, { createHttpClient }, { networkOptions }] =
    await Promise.all([
      import('../services/choose-servers.ts'),
      import('../trust/load.ts'),
      import('../http/http.ts'),
      import('../http/network.ts'),
    ]);
  const rekorUrl = searchableLog(settings, await loadSigningConfig(settings), now());
  if (rekorUrl === undefined) {
    throw new ServiceError('SERVICE_UNREACHABLE', 'no configured log can be searched');
  }
  const { send, close } = createHttpClient(networkOptions(settings, env));
  const asked = options.oneOfMany === true ? await unlessSilent(send, rekorUrl, options) : send;
  return { send: untilOutage(asked), rekorUrl, close };
}

/** Seconds in which no process asks a log that did not answer. */
const LEFT_ALONE = 20;

/** Stops asking a log that did not answer an earlier process. `git log` over fifty signatures must not wait fifty times. */
async function unlessSilent(
  send: HttpSend,
  rekorUrl: string,
  { settings, crypto, env, now }: LogAccessOptions,
): Promise<HttpSend> {
  const { markNamed } = await import('../system/state-directory.ts');
  const mark = markNamed(`silent-${toHex(crypto.hash('sha256', utf8(rekorUrl)))}`, env);
  const since = now() - Math.floor(mark.setAt() ?? 0);
  return async (request) => {
    if (since >= 0 && since < LEFT_ALONE) {
      const { host } = new URL(rekorUrl);
      const what = `the log did not answer ${since} s ago (${host})`;
      throw new ServiceError(
        'SERVICE_UNREACHABLE',
        `${what}, and is asked again after ${LEFT_ALONE} s`,
      );
    }
    const started = performance.now();
    try {
      return await send(request);
    } catch (error) {
      if (performance.now() - started >= settings.timeout * 500) mark.set();
      throw error;
    }
  };
}

/** Stops asking after the first deadline without an answer. A thousand more deadlines would take hours. */
function untilOutage(send: HttpSend): HttpSend {
  let outage: ServiceError | undefined;
  return async (request) => {
    if (outage !== undefined) throw outage;
    try {
      return await send(request);
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'SERVICE_UNREACHABLE') outage = error;
      throw error;
    }
  };
}

/** Puts the reason why there is no entry in the place of `log-entry-absent`. */
function withReason(verdict: Verdict, found: NotFound): Verdict {
  const absent = 'code' in verdict && verdict.code === 'log-entry-absent';
  return absent ? { ...verdict, ...found } : verdict;
}

/** Opens access to log entries for one run of a command. */
export function openLogAccess(options: LogAccessOptions): LogAccess {
  let opened: Promise<Opened> | undefined;
  const find = async (
    lookup: LogLookup,
    fresh: boolean,
  ): Promise<TransparencyLogEntry | NotFound> => {
    try {
      opened ??= openFinder(options);
      const finder = await opened;
      return (await finder.find(lookup, { fresh })) ?? NOT_LOGGED;
    } catch (error) {
      if (!isSignetError(error)) throw error;
      if (options.settings.offline) return NOT_HERE;
      const detail = `not in the signature, and the log could not be reached (${error.message})`;
      return { status: 'undecided', code: 'log-unreachable', detail };
    }
  };
  const judge: LogAccess['judge'] = async (lookup, verify) => {
    for (const fresh of [false, true]) {
      const found = await find(lookup, fresh);
      if ('status' in found) return withReason(await verify(), found);
      const verdict = await verify(found);
      if (fresh || verdict.status === 'verified' || verdict.status === 'not-allowed')
        return verdict;
    }
    return verify();
  };
  const close = (): void => {
    opened?.then((finder) => finder.close()).catch(() => undefined);
  };
  return { judge, close };
}
