/**
 * Chooses the servers to sign with. A setting comes first. Without one, the signing config
 * (application/vnd.dev.sigstore.signingconfig.v0.2+json) names them, and the newest valid service of the highest version
 * that this program speaks is used.
 */

import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import type { ServiceSelection, SigningConfig, SigningService } from '../trust/signing-services.ts';

export interface LogService {
  readonly url: string;
  readonly version: 1 | 2;
}

export interface Services {
  readonly issuerUrl: string;
  readonly fulcioUrl: string;
  /** Absent if signatures go into no log (signet.log = none). */
  readonly log?: LogService | undefined;
  /** Absent if no timestamp is needed. */
  readonly timestampUrl?: string | undefined;
}

type ServiceList = 'caUrls' | 'oidcUrls' | 'rekorTlogUrls' | 'tsaUrls';

/** The API versions that this program speaks. A service of another version is ignored. */
export const SPOKEN_VERSIONS: Readonly<Record<ServiceList, readonly number[]>> = {
  caUrls: [1, 2],
  oidcUrls: [1],
  rekorTlogUrls: [1, 2],
  tsaUrls: [1],
};

export type ServiceSettings = Pick<
  Settings,
  | 'log'
  | 'issuer'
  | 'fulcioUrl'
  | 'rekorUrl'
  | 'rekorVersion'
  | 'rekorMode'
  | 'timestamp'
  | 'timestampUrl'
>;

/**
 * Chooses the servers for signing at `now` (Unix seconds).
 * @throws ConfigError if a server is missing, or if the signature could never verify
 */
export function chooseServices(
  settings: ServiceSettings,
  config: SigningConfig,
  now: number,
): Services {
  const log = settings.log === 'none' ? undefined : chooseLog(settings, config, now);
  if (log === undefined && settings.rekorMode === 'online') {
    throw new ConfigError('rekorMode = online contradicts signet.log = none', {
      hint: 'unset one of them',
    });
  }
  if (log?.version === 2 && settings.rekorMode === 'online') {
    throw new ConfigError(
      'rekorMode = online needs Rekor v1, because a v2 log cannot be searched for the entry',
      { hint: 'unset rekorMode, or set signet.rekorVersion = 1' },
    );
  }
  const timestampUrl = chooseTimestamp(settings, config, log, now);
  return {
    issuerUrl: chooseIssuer(settings, config, now),
    fulcioUrl:
      settings.fulcioUrl ??
      pick(config, 'caUrls', now)?.url ??
      missing('certificate authority', 'fulcioUrl', config),
    log,
    timestampUrl,
  };
}

function chooseIssuer(settings: ServiceSettings, config: SigningConfig, now: number): string {
  return (
    settings.issuer ??
    pick(config, 'oidcUrls', now)?.url ??
    missing('OpenID Connect issuer', 'issuer', config)
  );
}

function chooseLog(settings: ServiceSettings, config: SigningConfig, now: number): LogService {
  if (settings.rekorUrl !== undefined) {
    const named = config.rekorTlogUrls.find(({ url }) => url === settings.rekorUrl);
    const version = settings.rekorVersion ?? (named?.majorApiVersion === 2 ? 2 : 1);
    return { url: settings.rekorUrl, version };
  }
  if (wantsSeveral(config, 'rekorTlogUrls', config.rekorTlogConfig, now)) {
    throw new ConfigError(
      `${config.source} asks for entries in several logs, but a git signature holds one`,
      { hint: 'git config --global signet.rekorUrl URL' },
    );
  }
  const versions = settings.rekorVersion === undefined ? undefined : [settings.rekorVersion];
  const service =
    pick(config, 'rekorTlogUrls', now, versions) ?? missing('transparency log', 'rekorUrl', config);
  return { url: service.url, version: service.majorApiVersion === 2 ? 2 : 1 };
}

/** Returns the log to search for entries that a signature does not embed. Only Rekor v1 can be searched. */
export function searchableLog(
  settings: ServiceSettings,
  config: SigningConfig,
  now: number,
): string | undefined {
  if (settings.rekorUrl !== undefined && settings.rekorVersion !== 2) return settings.rekorUrl;
  return pick(config, 'rekorTlogUrls', now, [1])?.url;
}

/** A v2 log proves no time, so a timestamp authority must. If a setting names an authority, it is used with v1 too, as in gitsign. */
function chooseTimestamp(
  settings: ServiceSettings,
  config: SigningConfig,
  log: LogService | undefined,
  now: number,
): string | undefined {
  const wanted = log?.version !== 1 || settings.timestamp === 'always';
  if (settings.timestampUrl !== undefined || !wanted) return settings.timestampUrl;
  // a verifier checks every timestamp of a signature but counts none, so several would prove no more (threats R08, R10)
  if (wantsSeveral(config, 'tsaUrls', config.tsaConfig, now)) {
    throw new ConfigError(
      `${config.source} asks for timestamps of several authorities, but a git signature holds one`,
      { hint: 'git config --global signet.timestampUrl URL' },
    );
  }
  return (
    pick(config, 'tsaUrls', now)?.url ?? missing('timestamp authority', 'timestampUrl', config)
  );
}

/** Returns whether the signing config asks for more than one: by number, or one of each operator. */
function wantsSeveral(
  config: SigningConfig,
  list: ServiceList,
  { selector, count = 1 }: ServiceSelection,
  now: number,
): boolean {
  if (selector === 'EXACT') return count > 1;
  const operators = new Set(validNow(config, list, now).map(({ operator }) => operator));
  return selector === 'ALL' && operators.size > 1;
}

function validNow(
  config: SigningConfig,
  list: ServiceList,
  now: number,
  versions = SPOKEN_VERSIONS[list],
): readonly SigningService[] {
  return config[list].filter(
    ({ validFor: { start, end = Number.POSITIVE_INFINITY }, majorApiVersion }) =>
      start <= now && now <= end && versions.includes(majorApiVersion),
  );
}

function pick(
  config: SigningConfig,
  list: ServiceList,
  now: number,
  versions?: readonly number[],
): SigningService | undefined {
  return validNow(config, list, now, versions).toSorted(
    (a, b) => b.majorApiVersion - a.majorApiVersion || b.validFor.start - a.validFor.start,
  )[0];
}

function missing(what: string, setting: string, config: SigningConfig): never {
  throw new ConfigError(
    `there is no ${what} to sign with. ${config.source} names none that is valid now`,
    {
      hint: `git config --global signet.${setting} URL`,
    },
  );
}
