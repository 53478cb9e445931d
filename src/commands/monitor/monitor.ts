/**
 * `git signet monitor`: reads the logs for signatures under one's own identities. It is silent as long as every one of
 * them belongs to a signature in a named repository, or to this machine's ledger.
 */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import { visible } from '../../core/escape.ts';
import { ConfigError, ExitCode } from '../../errors.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import { runHooks, usualHooks } from '../../monitor/hooks.ts';
import { lockDirectory } from '../../monitor/lock.ts';
import { createEntryJudge } from '../../monitor/logged-signature.ts';
import type { LogAddress } from '../../monitor/logs.ts';
import type { ReadOutcome } from '../../monitor/read-log.ts';
import { type MonitorEvent, type MonitorResult, runMonitor } from '../../monitor/run.ts';
import { checkKey, prepareDirectory, type StatePlace } from '../../monitor/state.ts';
import { monitorDirectory } from '../../monitor/unexplained.ts';
import { watchFor } from '../../monitor/watch.ts';
import { sendOrRead } from '../../services/log-files.ts';
import { resolvedHere } from '../../settings/here.ts';
import type { Settings } from '../../settings/load.ts';
import { ledgerPath, readLedger } from '../../signing/ledger.ts';
import { nodeCrypto } from '../../system/crypto.ts';
import { untilInterrupted } from '../../system/interrupt.ts';
import type { Invocation } from '../../system/invocation.ts';
import { compileEagerly } from '../../system/runtime.ts';
import { Secret } from '../../system/secret.ts';
import { loadSigningConfig, loadTrust } from '../../trust/load.ts';
import { checkGateTrust } from '../../trust/origin.ts';
import { watchedRules } from './identities.ts';
import { eventJson, eventSummary, eventText } from './print.ts';

/** Milliseconds before a log that seems to lag is asked again. */
const LAG = 2000;

function placeOf(args: ParsedArguments, { env, cwd }: Invocation): StatePlace {
  const given = args.values.get('state');
  const directory = given === undefined ? monitorDirectory(env) : resolve(cwd, given);
  if (directory === undefined) {
    throw new ConfigError('there is no home directory to keep the state in', {
      hint: 'name one: git signet monitor --state DIR',
    });
  }
  const { SIGNET_MONITOR_KEY: key } = env;
  const place = { directory, key: key === undefined || key === '' ? undefined : new Secret(key) };
  checkKey(place);
  return place;
}

/** Returns the addresses that the configuration names, besides those of the trust root. */
async function addressesOf(
  settings: Settings,
  files: readonly string[],
): Promise<readonly LogAddress[]> {
  const { rekorUrl, rekorVersion } = settings;
  const here = files.map((path) => ({ url: pathToFileURL(path).href, version: 2 }) as const);
  const named = rekorUrl === undefined ? [] : [{ url: rekorUrl, version: rekorVersion }];
  const own = [...here, ...named];
  const { rekorTlogUrls } = await loadSigningConfig(settings);
  const listed = rekorTlogUrls.flatMap(({ url, majorApiVersion: version }) =>
    version === 1 || version === 2 ? [{ url, version } as const] : [],
  );
  return [...own, ...listed].filter(
    ({ url }, at, all) => all.findIndex((one) => one.url === url) === at,
  );
}

/** Of several, a log that lies comes before an entry, and that before what could not be read. */
function exitOf(events: readonly MonitorEvent[]): ExitCode {
  const has = (...names: readonly MonitorEvent['event'][]): boolean =>
    events.some(({ event }) => names.includes(event));
  if (has('lying-log')) return ExitCode.refused;
  if (has('unexplained-entry')) return ExitCode.notAllowed;
  return has('unread-log', 'unreadable-entry') ? ExitCode.undecided : ExitCode.ok;
}

/** For a person who looks on: how far each log was read. A job that is silent says none of it. */
function outcomeLine({ url, how, read, size, unverified }: ReadOutcome): string | undefined {
  if (how === 'checkpoint') return undefined;
  const what =
    how === 'index'
      ? `${read} new entries in its search index`
      : `${read} new entries of ${size} read`;
  const junk = unverified === 0 ? '' : `, ${unverified} with a certificate that proves nothing`;
  return `${visible(url)}: ${what}${junk}\n`;
}

const run: Run = async (args, invocation) => {
  const { env, cwd, now, terminal } = invocation;
  compileEagerly();
  const crypto = nodeCrypto;
  const resolved = await resolvedHere(invocation, { flags: args.flags });
  const { settings } = resolved;
  checkGateTrust(resolved, crypto);
  const place = placeOf(args, invocation);
  const ledger = (): ReturnType<typeof readLedger> => readLedger(ledgerPath(env));
  const watch = watchFor(await watchedRules(args, { cwd, crypto, ledger: ledger() }));
  const [trust, addresses] = await Promise.all([
    loadTrust(settings, crypto),
    addressesOf(
      settings,
      (args.lists.get('tiles') ?? []).map((path) => resolve(cwd, path)),
    ),
  ]);
  await prepareDirectory(place);
  const lock = await lockDirectory(place.directory);
  const client = createHttpClient(networkOptions(settings, env));
  try {
    const work = runMonitor({
      ...{ place, trust, addresses, crypto, env, cwd, now },
      send: sendOrRead(client.send),
      judge: createEntryJudge(watch, crypto, trust),
      scan: args.switches.has('scan'),
      init: args.switches.has('init'),
      repositories: args.lists.get('repository') ?? [],
      readLedger: ledger,
      check: lock.check,
      onProgress: terminal.progress,
      say: terminal.say,
      wait: () => new Promise((done) => setTimeout(done, LAG)),
    });
    return await tell(await untilInterrupted(work), args, { settings, invocation });
  } finally {
    terminal.progress(undefined);
    client.close();
    await lock.release();
  }
};

interface Telling {
  readonly settings: Settings;
  readonly invocation: Invocation;
}

/** Prints the events, runs the hooks for them, and then forgets them. If a hook fails, the next run tells them again. */
async function tell(
  { events, outcomes, told }: MonitorResult,
  args: ParsedArguments,
  { settings, invocation: { env, streams, terminal } }: Telling,
): Promise<ExitCode> {
  const json = args.values.get('format') === 'jsonl';
  for (const event of events) streams.write(json ? `${eventJson(event)}\n` : eventText(event));
  if (!json && streams.outputIsTerminal)
    for (const outcome of outcomes) streams.write(outcomeLine(outcome) ?? '');
  const directory = settings.monitorHooks ?? usualHooks(env);
  const calls = events.map((event) => ({
    event: event.event,
    summary: eventSummary(event),
    json: eventJson(event),
  }));
  const failed = directory === undefined ? [] : await runHooks(directory, calls, env);
  for (const line of failed) terminal.say(`hook ${line}`);
  if (failed.length === 0) await told();
  else terminal.hint('the next run tells all of it again');
  return exitOf(events);
}

export const command: Command = {
  summary: 'read the logs for signatures under your name',
  options: {
    identity: {
      takes: 'text',
      value: 'NAME',
      repeated: true,
      meaning: 'look for this identity (default: those of the ledger)',
    },
    issuer: {
      takes: 'text',
      value: 'URL',
      meaning: 'the issuer of these identities (default: any)',
    },
    policy: settingOption('policy', {
      takes: 'file',
      value: 'FILE',
      meaning: 'look for its signers',
    }),
    repository: {
      takes: 'directory',
      value: 'PATH',
      repeated: true,
      meaning: 'what is signed there is known, on any ref or reflog',
    },
    scan: {
      meaning: 'read the entries of Rekor v1, not its search index',
    },
    init: { meaning: 'begin at the present end of logs that were never read' },
    state: { takes: 'directory', value: 'DIR', meaning: 'keep the state there' },
    format: { takes: ['text', 'jsonl'], meaning: 'text for people, or jsonl: one event a line' },
    'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
    'rekor-url': settingOption('rekorUrl', { meaning: 'another address of a log' }),
    tiles: {
      takes: 'directory',
      value: 'DIR',
      repeated: true,
      meaning: 'the files of a tiled log are there',
    },
  },
  about: [
    'Reads every log of the trust root, from where the last run ended, and reports each signature under your identities that belongs neither to a signature in a named repository nor to the ledger of this machine. It prints nothing if there is nothing to report.',
    'Entries of a tiled log (Rekor v2) are hashed into the tree that the log signed, so none can be left out. Rekor v1 is asked for e-mail addresses by its search index. That the index is complete is the word of its server. With --scan its entries are read in order instead.',
    'For each event the programs in hooks.d run (signet.monitorHooks) with EVENT, SUMMARY and JSON_FILENAME. State that travels between machines is authenticated with SIGNET_MONITOR_KEY.',
  ],
  examples: [
    ['git signet monitor --init', 'once: begin now'],
    ['git signet monitor --repository ~/src/app', 'every hour'],
    ['git signet monitor --policy .signet.yaml --scan --format jsonl'],
  ],
  exits: {
    0: 'nothing to report',
    1: 'a log contradicts what it signed',
    2: 'usage or configuration',
    3: 'a log could not be read to its end',
    6: 'an entry is unexplained',
  },
  run,
};
