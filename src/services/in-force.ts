/**
 * Which servers sign: what settings name, else the newest valid service of the highest version that we speak, of
 * the signing config (application/vnd.dev.sigstore.signingconfig.v0.2+json).
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
  /** Absent where signatures go into no log (signet.log = none). */
  readonly log?: LogService | undefined;
  /** Absent when no timestamp is to be asked for. */
  readonly timestampUrl?: string | undefined;
}

type ServiceList = 'caUrls' | 'oidcUrls' | 'rekorTlogUrls' | 'tsaUrls';

/** API versions that are spoken here. A service of another version is passed over, as if it were not listed. */
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
 * The servers for signing now. `now` in Unix seconds.
 * @throws ConfigError when one is missing, or the choice could make no signature that verifies
 */
export function chooseServices(
  settings: ServiceSettings,
  config: SigningConfig,
  now: number,
): Services {
  const log = settings.log === 'none' ? undefined : chooseLog(settings, config, now);
  if (log === undefined && settings.rekorMode === 'online') {
    throw new ConfigError('rekorMode = online and signet.log = none contradict each other');
  }
  if (log?.version === 2 && settings.rekorMode === 'online') {
    throw new ConfigError(
      'rekorMode = online needs Rekor v1: a v2 log cannot be searched, so nobody would find the entry',
      {
        hint: 'unset rekorMode, or set signet.rekorVersion = 1',
      },
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

/** @throws ConfigError when neither settings nor the signing config name an issuer */
function chooseIssuer(settings: ServiceSettings, config: SigningConfig, now: number): string {
  return (
    settings.issuer ??
    pick(config, 'oidcUrls', now)?.url ??
    missing('OpenID Connect issuer', 'issuer', config)
  );
}

/** The log to write to. @throws ConfigError when there is none of the version that is asked for */
function chooseLog(settings: ServiceSettings, config: SigningConfig, now: number): LogService {
  if (settings.rekorUrl !== undefined) {
    const named = config.rekorTlogUrls.find(({ url }) => url === settings.rekorUrl);
    const version = settings.rekorVersion ?? (named?.majorApiVersion === 2 ? 2 : 1);
    return { url: settings.rekorUrl, version };
  }
  if (wantsSeveral(config, 'rekorTlogUrls', config.rekorTlogConfig, now)) {
    throw new ConfigError(
      `${config.source} asks for entries in several logs; a git signature holds one`,
      {
        hint: 'name one log: git config --global signet.rekorUrl URL',
      },
    );
  }
  const versions = settings.rekorVersion === undefined ? undefined : [settings.rekorVersion];
  const service =
    pick(config, 'rekorTlogUrls', now, versions) ?? missing('transparency log', 'rekorUrl', config);
  return { url: service.url, version: service.majorApiVersion === 2 ? 2 : 1 };
}

/** The log to search for entries that signatures do not embed: only v1 has an index. Undefined when none is named. */
export function searchableLog(
  settings: ServiceSettings,
  config: SigningConfig,
  now: number,
): string | undefined {
  if (settings.rekorUrl !== undefined && settings.rekorVersion !== 2) return settings.rekorUrl;
  return pick(config, 'rekorTlogUrls', now, [1])?.url;
}

/** A v2 log vouches for no time, and no log at all for nothing, so somebody else must. An authority that a person named is asked too, as gitsign does. */
function chooseTimestamp(
  settings: ServiceSettings,
  config: SigningConfig,
  log: LogService | undefined,
  now: number,
): string | undefined {
  const wanted = log?.version !== 1 || settings.timestamp === 'always';
  if (settings.timestampUrl !== undefined || !wanted) return settings.timestampUrl;
  // counting them would be for the verifier to do, and every time that is told must hold there (threats R08, R10)
  if (wantsSeveral(config, 'tsaUrls', config.tsaConfig, now)) {
    throw new ConfigError(
      `${config.source} asks for timestamps by several authorities; a git signature holds one`,
      {
        hint: 'name one authority: git config --global signet.timestampUrl URL',
      },
    );
  }
  return (
    pick(config, 'tsaUrls', now)?.url ?? missing('timestamp authority', 'timestampUrl', config)
  );
}

/** More than one answer is asked for: by number, or of every operator that is there now. */
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

/** Services that can be asked now. */
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
  throw new ConfigError(`no ${what} to sign with: ${config.source} names none that is valid now`, {
    hint: `git config --global signet.${setting} URL`,
  });
}
