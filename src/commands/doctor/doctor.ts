/** `git signet doctor`: everything that signing and verifying need here, a line each, with what to do about it. */

import { statSync } from 'node:fs';
import type { Command, Run } from '../../cli/command.ts';
import { visible, withoutSecrets } from '../../core/escape.ts';
import { plural } from '../../core/plural.ts';
import type { TrustMaterial, ValidityWindow } from '../../core/trust/trust-material.ts';
import { ExitCode, isSignetError } from '../../errors.ts';
import { painterHere } from '../../git/colour.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import { proxyChoice } from '../../http/proxy.ts';
import { chooseServices } from '../../services/choose-servers.ts';
import { loadSettings, resolveSettings, type Settings } from '../../settings/load.ts';
import type { Paint, Tone } from '../../system/colour.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { VERSION } from '../../system/program/version.ts';
import { loadSigningConfig, loadTrust } from '../../trust/load.ts';
import { quietTrustOrigin } from '../../trust/origin.ts';
import { trustSourceOf } from '../../trust/source.ts';
import { type DoctorCheck, exitOf, fail, type Host, ok, warn } from './check.ts';
import { checkGit, checkKeys } from './git.ts';
import { checkHooks } from './hooks.ts';
import { checkLogins } from './login.ts';
import { checkMonitor } from './monitor.ts';
import {
  checkNetwork,
  checkProxies,
  checkTransport,
  hostsOf,
  mirrorServer,
  serversOf,
} from './network.ts';

/** What a thrown error says, as a line. */
function failed(name: string, error: unknown): DoctorCheck {
  if (!isSignetError(error)) throw error;
  return fail(name, visible(error.message), error.hint, error.exitCode);
}

/** Days after which a mirror has surely something newer. */
const OLD_DAYS = 30;
const UPDATE = 'git signet trust update';

/** How old the trust root is: by the mirror that vouched for it, or by its file. */
function ageOf({ source, mirror }: TrustMaterial, now: number): number | undefined {
  const file = statSync(source, { throwIfNoEntry: false });
  const since = mirror?.refreshed ?? (file === undefined ? undefined : file.mtimeMs / 1000);
  return since === undefined ? undefined : Math.max(0, Math.floor((now - since) / 86_400));
}

async function checkTrust(
  settings: Settings,
  { env, cwd, now: clock }: Invocation,
): Promise<DoctorCheck> {
  const now = clock();
  try {
    const trust = await loadTrust(settings, await loadCrypto());
    const quiet = quietTrustOrigin(await resolveSettings({ env, cwd }));
    const { source, certificateAuthorities, tlogs, mirror } = trust;
    const valid = ({ validFor }: { readonly validFor: ValidityWindow }) =>
      validFor.start <= now && now <= (validFor.end ?? now);
    const [authorities, logs] = [certificateAuthorities.filter(valid), tlogs.filter(valid)];
    const days = ageOf(trust, now);
    const age = days === undefined ? '' : `, ${plural(days, 'day')} old`;
    const chosen = quiet === undefined ? '' : `, chosen by ${visible(quiet.label)}`;
    const detail = `${visible(source)}${chosen}${age}: ${plural(authorities.length, 'authority', 'authorities')}, ${plural(logs.length, 'log')}`;
    const remedy = mirror === undefined ? 'git signet trust init --from FILE' : UPDATE;
    if (authorities.length === 0 || logs.length === 0) {
      return warn('trust', `${detail} valid now`, remedy);
    }
    return mirror !== undefined && days !== undefined && days > OLD_DAYS
      ? warn('trust', detail, UPDATE)
      : ok('trust', detail);
  } catch (error) {
    return failed('trust', error);
  }
}

/** A policy is optional: without one, git is told that a signature holds and that nothing says who may sign. */
function checkPolicy({ policy }: Settings): DoctorCheck {
  return ok(
    'policy',
    policy === undefined ? 'none, so every signer passes: git signet help policy' : visible(policy),
  );
}

interface Report {
  readonly checks: readonly DoctorCheck[];
  readonly hosts: readonly Host[];
}

async function servers(
  { env, now, terminal }: Invocation,
  settings: Settings,
  offline: boolean,
): Promise<Report> {
  const transport = await checkTransport(settings, env);
  try {
    const config = await loadSigningConfig(settings);
    const source = trustSourceOf(settings, await loadCrypto());
    const list = [
      ...serversOf(chooseServices(settings, config, now()), config, now()),
      ...(source.kind === 'mirror' ? [mirrorServer(source.url)] : []),
    ];
    const proxyFor = proxyChoice(settings.proxy, env);
    const known = [...transport, ...checkProxies(list, proxyFor)];
    if (offline) return { checks: known, hosts: hostsOf(list) };
    terminal.progress(`asking ${list.length} servers …`);
    const client = createHttpClient(networkOptions(settings, env));
    try {
      const { checks, hosts } = await checkNetwork({ servers: list, client, proxyFor, now });
      return { checks: [...known, ...checks], hosts };
    } finally {
      client.close();
      terminal.progress(undefined);
    }
  } catch (error) {
    return { checks: [...transport, failed('services', error)], hosts: [] };
  }
}

async function examine(invocation: Invocation, offline: boolean): Promise<Report> {
  const { cwd, env } = invocation;
  const git = await checkGit(invocation);
  if (git.level === 'fail') return { checks: [git], hosts: [] };
  const keys = await checkKeys(invocation).catch((error) => [failed('git keys', error)]);
  const hooks = await checkHooks(invocation);
  let settings: Settings;
  try {
    settings = await loadSettings({ cwd, env });
  } catch (error) {
    return { checks: [git, ...keys, ...hooks, failed('settings', error)], hosts: [] };
  }
  const [trust, network, logins] = await Promise.all([
    checkTrust(settings, invocation),
    servers(invocation, settings, offline),
    checkLogins(invocation, settings, offline),
  ]);
  return {
    checks: [
      git,
      ...keys,
      ...hooks,
      trust,
      checkPolicy(settings),
      ...network.checks,
      ...checkMonitor(settings, invocation),
      ...logins,
    ],
    hosts: network.hosts,
  };
}

/** All of it goes to stdout, past the net that the terminal has. */
function withoutItsSecrets(check: DoctorCheck): DoctorCheck {
  const { detail, remedy } = check;
  const more = remedy === undefined ? {} : { remedy: withoutSecrets(remedy) };
  return { ...check, detail: withoutSecrets(detail), ...more };
}

const TONES: Readonly<Record<DoctorCheck['level'], Tone>> = {
  ok: 'good',
  warn: 'careful',
  fail: 'bad',
};

function asText({ checks, hosts }: Report, paint: Paint): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, level, detail, remedy }, index) => {
    // what mends several lines is said once, below the last of them
    const said = remedy === undefined || checks[index + 1]?.remedy === remedy;
    const more = said ? [] : [`${' '.repeat(width + 8)}${visible(remedy)}`];
    return [`${paint(TONES[level], level.padEnd(4))}  ${name.padEnd(width)}  ${detail}`, ...more];
  });
  const count = (wanted: DoctorCheck['level']): number =>
    checks.filter(({ level }) => level === wanted).length;
  const widest = Math.max(0, ...hosts.map(({ host }) => host.length));
  const firewall = hosts.map(({ host, uses }) => `  ${host.padEnd(widest)}  ${uses}`);
  return [
    ...lines,
    ...(firewall.length === 0 ? [] : ['', 'hosts to let through:', ...firewall]),
    '',
    `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} broken`,
    '',
  ].join('\n');
}

const run: Run = async ({ switches }, invocation) => {
  const { checks: found, hosts } = await examine(invocation, switches.has('offline'));
  const report = { checks: found.map(withoutItsSecrets), hosts };
  const { write } = invocation.streams;
  if (switches.has('json')) {
    const checks = report.checks.map(({ exit: _exit, ...check }) => check);
    write(`${JSON.stringify({ schemaVersion: 1, version: VERSION, checks, hosts }, null, 2)}\n`);
  } else writePage(invocation.streams, asText(report, await painterHere(invocation)));
  return exitOf(report.checks) ?? ExitCode.ok;
};

export const command: Command = {
  summary: 'what signing needs here, and what is amiss',
  options: {
    offline: { meaning: 'ask no server' },
    json: { meaning: 'for programs: schemaVersion, version, checks, hosts' },
  },
  about: [
    'Looks at everything that signing and verifying need here: git and its keys, trust root, servers, clock, proxies, login, agent, keyring. Each line that is not ok says what to do. It ends with the hosts that a firewall must let through. It prints no token and no password.',
  ],
  examples: [
    ['git signet doctor'],
    [`git signet doctor --json | jq '.checks[] | select(.level != "ok")'`],
  ],
  exits: {
    0: 'nothing is broken (warnings may stand)',
    2: 'configuration',
    3: 'a server or the clock',
    4: 'no login is possible here',
  },
  run,
};
