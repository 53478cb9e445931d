/**
 * `git signet incident`: lists what a taken-over account signed in the named repositories, and writes the policy entry
 * that takes it back. It changes nothing.
 */

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import type { ParsedArguments } from '../../cli/spec.ts';
import type { Revocation } from '../../core/policy/model.ts';
import { isHit } from '../../core/policy/revocations.ts';
import { readUtc } from '../../core/time.ts';
import { ExitCode, isSignetError, UsageError } from '../../errors.ts';
import { type Account, type IncidentSearch, searchRepository } from '../../gate/incident.ts';
import { openLogAccess } from '../../gate/log-entries.ts';
import { resolveNames } from '../../git/names.ts';
import { openRepository } from '../../git/repository.ts';
import { logFreshness, monitorDirectory, unexplainedEntries } from '../../monitor/unexplained.ts';
import { incidentHtml } from '../../report/incident/html.ts';
import { incidentJson } from '../../report/incident/json.ts';
import type {
  IncidentReport,
  RepositoryIncident,
  UnexplainedSignature,
} from '../../report/incident/model.ts';
import { incidentText } from '../../report/incident/text.ts';
import { settingsHere } from '../../settings/here.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { VERSION } from '../../system/program/version.ts';
import { Secret } from '../../system/secret.ts';
import { loadTrust } from '../../trust/load.ts';

const FORMATS = ['text', 'json', 'html'] as const;
const REASON = 'the account was taken over';
const PROGRESS_EVERY = 256;

function timeOf({ values }: ParsedArguments, name: 'from' | 'until'): number | undefined {
  const text = values.get(name);
  if (text === undefined) return undefined;
  const time = readUtc(text);
  if (time !== undefined) return time;
  throw new UsageError(`--${name} ${text}: expected a time in UTC such as 2026-03-01T12:00Z`);
}

function accountOf(args: ParsedArguments): Account {
  const [identity, issuer] = [args.values.get('identity'), args.values.get('issuer')];
  const [from, until] = [timeOf(args, 'from'), timeOf(args, 'until')];
  if (identity === undefined || issuer === undefined || from === undefined) {
    throw new UsageError('which account, and since when?', {
      hint: 'git signet incident --identity alice@example.com --issuer https://accounts.example.com --from 2026-03-01T10:00Z',
    });
  }
  if (until !== undefined && until <= from) {
    throw new UsageError('--until is not later than --from');
  }
  return { kind: 'account', identity, issuer, from, ...(until === undefined ? {} : { until }) };
}

/** Finds what the owner vouches for in one repository: the full hash of each name that is there. */
async function vouchedIn(
  path: string,
  names: readonly string[],
  { env }: Invocation,
): Promise<ReadonlyMap<string, string>> {
  const repository = await openRepository(path, env);
  try {
    const found = await resolveNames(repository, names);
    return new Map(
      names.flatMap((name, index) => {
        const id = found[index]?.id;
        return id === undefined ? [] : [[name, id] as const];
      }),
    );
  } finally {
    repository.objects.close();
  }
}

/** Returns the hashes of the hits that `--vouch` names. @throws UsageError for a name that no repository has */
async function vouchedHits(
  paths: readonly string[],
  found: readonly RepositoryIncident[],
  names: readonly string[],
  invocation: Invocation,
): Promise<ReadonlySet<string>> {
  const meant = await Promise.all(paths.map((path) => vouchedIn(path, names, invocation)));
  const hits = new Set(found.flatMap((each) => each.hits.map(({ id }) => id)));
  const vouched = new Set<string>();
  for (const name of names) {
    const ids = meant.flatMap((each) => each.get(name) ?? []);
    if (ids.length === 0) {
      throw new UsageError(`--vouch ${name}: no repository has it`, { code: 'NO_SUCH_OBJECT' });
    }
    const own = ids.filter((id) => hits.has(id));
    if (own.length === 0)
      invocation.terminal.say(`--vouch ${name}: it is not hit, so it needs no exception`);
    for (const id of own) vouched.add(id);
  }
  return vouched;
}

/** Returns the signatures of the window that a monitor could not explain, or undefined if none has run here. */
function unexplainedIn(
  account: Account,
  args: ParsedArguments,
  { env, cwd, terminal }: Invocation,
): readonly UnexplainedSignature[] | undefined {
  const given = args.values.get('state');
  const directory = given === undefined ? monitorDirectory(env) : resolve(cwd, given);
  if (directory === undefined) return undefined;
  const { SIGNET_MONITOR_KEY: key } = env;
  const place = { directory, key: key === undefined || key === '' ? undefined : new Secret(key) };
  const entry: Revocation = { target: account, reason: '' };
  const { identity, issuer } = account;
  try {
    if (logFreshness(place).length === 0) return undefined;
    // the policy's own rule decides about the window, so the query leaves it open
    return unexplainedEntries(place, { identity, issuer }).filter(
      ({ signer, logged, certificate }) => {
        const times = [logged ?? certificate.notAfter];
        return isHit(entry, { signer, certificate, times }, []);
      },
    );
  } catch (error) {
    if (!isSignetError(error)) throw error;
    terminal.say(`the monitor's state was not read: ${error.message}`);
    return undefined;
  }
}

async function searchAll(
  paths: readonly string[],
  account: Account,
  args: ParsedArguments,
  invocation: Invocation,
): Promise<readonly RepositoryIncident[]> {
  const { env, now, terminal } = invocation;
  const settings = await settingsHere(invocation, { flags: args.flags });
  const crypto = await loadCrypto();
  const trust = await loadTrust(settings, crypto);
  const log = openLogAccess({ settings, crypto, env, now });
  const found: RepositoryIncident[] = [];
  try {
    for (const path of paths) {
      const onProgress = (done: number): void => {
        if (done % PROGRESS_EVERY === 0) terminal.progress(`git-signet: ${path}: ${done} judged`);
      };
      const jobs = availableParallelism();
      const judge = { trust, now: now() };
      const asked: IncidentSearch = { account, crypto, judge, log, jobs, onProgress };
      const repository = await openRepository(path, env);
      try {
        found.push(await searchRepository(path, repository, asked));
      } finally {
        repository.objects.close();
      }
    }
  } finally {
    terminal.progress(undefined);
    log.close();
  }
  return found;
}

function exitOf({ repositories, vouched }: IncidentReport): ExitCode {
  const all = repositories.flatMap(({ hits }) => hits);
  if (all.some(({ id }) => !vouched.has(id))) return ExitCode.notAllowed;
  const unclear = repositories.some(({ unproven }) => unproven.length > 0);
  return unclear ? ExitCode.undecided : ExitCode.ok;
}

const run: Run = async (args, invocation) => {
  const { cwd, streams, now, terminal } = invocation;
  const account = accountOf(args);
  const paths = (args.lists.get('repository') ?? ['.']).map((path) => resolve(cwd, path));
  const repositories = await searchAll(paths, account, args, invocation);
  const names = args.lists.get('vouch') ?? [];
  const vouched = await vouchedHits(paths, repositories, names, invocation);
  const except = vouched.size === 0 ? {} : { except: [...vouched] };
  const reason = args.values.get('reason') ?? REASON;
  const report: IncidentReport = {
    ...{ repositories, vouched, unexplained: unexplainedIn(account, args, invocation) },
    revocation: { target: account, reason, ...except },
  };
  const format = (args.values.get('format') ?? 'text') as (typeof FORMATS)[number];
  if (format === 'json') streams.write(incidentJson(report));
  else if (format === 'html') streams.write(incidentHtml(report, now(), VERSION));
  else streams.write(incidentText(report));
  if (account.until === undefined) {
    terminal.say('without --until, the entry hits every later signature of this account too');
  }
  return exitOf(report);
};

export const command: Command = {
  summary: 'what a taken-over account signed',
  options: {
    identity: { takes: 'text', value: 'WHO', meaning: 'the account, as in its certificates' },
    issuer: { takes: 'text', value: 'URL', meaning: "the account's issuer" },
    from: { takes: 'text', value: 'TIME', meaning: 'the first second, in UTC: 2026-03-01T10:00Z' },
    until: { takes: 'text', value: 'TIME', meaning: 'the first second after it (default: no end)' },
    repository: {
      takes: 'directory',
      value: 'PATH',
      repeated: true,
      meaning: 'look here (repeatable), instead of the current directory',
    },
    vouch: {
      takes: 'revision',
      value: 'REV',
      repeated: true,
      meaning: 'a commit or tag that stays good (repeatable)',
    },
    reason: { takes: 'text', value: 'TEXT', meaning: `shown with each hit (default: ${REASON})` },
    state: {
      takes: 'directory',
      meaning: "the monitor's state, if it is not where git signet monitor keeps it",
    },
    format: { takes: FORMATS, meaning: 'text for people, json, or html for one page' },
    'trusted-root': settingOption('trust', { meaning: 'trust this instead of the built-in root' }),
    'rekor-url': settingOption('rekorUrl', { meaning: 'the log to ask for missing entries' }),
    offline: settingOption('offline', { meaning: 'never ask the network for a log entry' }),
  },
  about: [
    'Lists the commits and tags that the account may have signed within the window, the tags that reach them, and the signatures that a monitor could not explain. Ends with the policy entry that takes them back. It changes nothing.',
  ],
  examples: [
    ['git signet incident --identity alice@example.com \\'],
    ['    --issuer https://accounts.example.com --from 2026-03-01T10:00Z'],
  ],
  exits: {
    [ExitCode.ok]: 'nothing is hit, or all of it is vouched for',
    [ExitCode.usage]: 'usage',
    [ExitCode.undecided]: 'some signatures could not be judged',
    [ExitCode.notAllowed]: 'signatures are hit',
  },
  run,
};
