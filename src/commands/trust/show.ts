/** `git signet trust show`: shows the trust root in force here, offline. */

import type { Command, Run } from '../../cli/command.ts';
import { settingOption } from '../../cli/options.ts';
import type { Crypto } from '../../core/crypto.ts';
import { readTufMetadata, type TufRole } from '../../core/trust/tuf-metadata.ts';
import { ExitCode } from '../../errors.ts';
import { type MirrorFacts, type TrustFacts, trustJson, trustText } from '../../report/trust.ts';
import { SPOKEN_VERSIONS } from '../../services/choose-servers.ts';
import { resolvedHere } from '../../settings/here.ts';
import type { ResolvedSettings, Settings } from '../../settings/load.ts';
import { loadCrypto } from '../../system/crypto-port.ts';
import type { Invocation } from '../../system/invocation.ts';
import { writePage } from '../../system/layout.ts';
import { loadSigningConfig, loadTrust } from '../../trust/load.ts';
import { trustOrigins } from '../../trust/origin.ts';
import { type MirrorSource, trustSourceOf } from '../../trust/source.ts';
import { embeddedRoot, provenRoots } from '../../trust/state.ts';
import { readState } from '../../trust/state-file.ts';

/** Reads versions and expiries of the kept metadata, which loadTrust has proved. */
async function mirrorFacts(source: MirrorSource, crypto: Crypto): Promise<MirrorFacts> {
  const state = await readState(source);
  // an update that failed after its root leaves that root beside the state
  const alone = (await provenRoots(source, crypto)) ?? [];
  const roots = alone.length > (state?.roots.length ?? 0) ? alone : state?.roots;
  const { anchor } = source;
  const start = anchor.kind === 'embedded' ? await embeddedRoot(anchor.instance) : state?.roots[0];
  const texts: readonly (readonly [TufRole, string | undefined])[] = [
    ['root', roots?.at(-1) ?? start],
    ['targets', state?.targets],
    ['snapshot', state?.snapshot],
    ['timestamp', state?.timestamp],
  ];
  const roles = texts.flatMap(([role, text]) => {
    if (text === undefined) return [];
    const { version, expires } = readTufMetadata(text, role);
    return [[role, { version, expires }] as const];
  });
  const version = start === undefined ? 0 : readTufMetadata(start, 'root').version;
  return { url: source.url, anchor: version, roles: Object.fromEntries(roles) };
}

const SERVICES = [
  ['caUrls', 'CA'],
  ['oidcUrls', 'issuer'],
  ['rekorTlogUrls', 'log'],
  ['tsaUrls', 'TSA'],
] as const;

/** Lists the services that signing can use, and those of unknown API versions. */
async function servicesOf(settings: Settings): Promise<Pick<TrustFacts, 'services' | 'unspoken'>> {
  const config = await loadSigningConfig(settings);
  const services: TrustFacts['services'][number][] = [];
  const unspoken: TrustFacts['unspoken'][number][] = [];
  for (const [list, kind] of SERVICES) {
    for (const { url, majorApiVersion: version } of config[list]) {
      const why = `API version ${version} is not spoken here`;
      if (!SPOKEN_VERSIONS[list].includes(version)) unspoken.push({ kind, name: url, id: '', why });
      else services.push({ kind: kind === 'log' ? `log v${version}` : kind, url });
    }
  }
  return { services, unspoken };
}

/** Collects what is known of the trust root that the settings name. @throws ConfigError */
export async function trustFacts(
  resolved: ResolvedSettings,
  crypto: Crypto,
  { now }: Invocation,
): Promise<TrustFacts> {
  const { settings } = resolved;
  const source = trustSourceOf(settings, crypto);
  const origins = trustOrigins(resolved);
  const [trust, services] = await Promise.all([loadTrust(settings, crypto), servicesOf(settings)]);
  return {
    ...{ crypto, trust, ...services, now: now(), chosenBy: origins.map(({ label }) => label) },
    ...(source.kind === 'mirror' ? { mirror: await mirrorFacts(source, crypto) } : {}),
  };
}

const run: Run = async (args, invocation) => {
  const { streams } = invocation;
  const resolved = await resolvedHere(invocation, { flags: args.flags });
  const facts = await trustFacts(resolved, await loadCrypto(), invocation);
  if (args.values.get('format') === 'json') {
    streams.write(`${JSON.stringify(trustJson(facts), null, 2)}\n`);
  } else writePage(streams, trustText(facts));
  return ExitCode.ok;
};

export const command: Command = {
  summary: 'the trust root in force',
  options: {
    format: { takes: ['text', 'json'], meaning: 'for people, or for programs' },
    'trusted-root': settingOption('trust', {
      meaning: 'use this trust root instead of the configured one',
    }),
    'trust-root': settingOption('trustRoot'),
    'signing-config': settingOption('signingConfig'),
  },
  about: ['source, age and expiry of the trust root, and whom it trusts from when to when'],
  run,
};
