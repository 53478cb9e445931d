/**
 * The table of settings: for each name its kind, and how gitsign and Sigstore's tools spell it
 * (reference: gitsign's configuration table). `signet.<name>`, `SIGNET_<UPPER_SNAKE>` and `--<kebab>` follow
 * from the name.
 */

import type { SettingName } from './config.ts';

/** `path`: text in which a leading `~/` is the home directory; `issuer`: an address taken exactly as written. */
export type SettingKind =
  | 'text'
  | 'path'
  | 'url'
  | 'issuer'
  | 'boolean'
  | 'seconds'
  | 'count'
  | readonly string[];

export interface Setting {
  readonly kind: SettingKind;
  /** Lower-case name after `gitsign.`. */
  readonly gitsign?: string;
  /** Suffix after both `SIGSTORE_` and `GITSIGN_`. */
  readonly suffix?: string;
  /** Further variables, weakest first. */
  readonly variables?: readonly string[];
  /** Flags that mean the same, without dashes. */
  readonly aliases?: readonly string[];
}

export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  trust: { kind: 'path', variables: ['TUF_MIRROR'], aliases: ['trusted-root'] },
  trustRoot: { kind: 'path', variables: ['TUF_ROOT_JSON'] },
  ctLog: { kind: ['required', 'none'] },
  insecureHttp: { kind: 'text' },
  signingConfig: { kind: 'path' },
  fulcioUrl: { kind: 'url', gitsign: 'fulcio', suffix: 'FULCIO_URL' },
  rekorUrl: { kind: 'url', gitsign: 'rekor', suffix: 'REKOR_URL' },
  rekorVersion: { kind: ['1', '2'], gitsign: 'rekorversion', suffix: 'REKOR_VERSION' },
  rekorMode: {
    kind: ['offline', 'online'],
    gitsign: 'rekormode',
    variables: ['GITSIGN_REKOR_MODE'],
  },
  issuer: { kind: 'issuer', gitsign: 'issuer', suffix: 'OIDC_ISSUER' },
  clientId: { kind: 'text', gitsign: 'clientid', suffix: 'OIDC_CLIENT_ID' },
  clientSecretFile: {
    kind: 'path',
    gitsign: 'clientsecretfile',
    suffix: 'OIDC_CLIENT_SECRET_FILE',
  },
  redirectUrl: { kind: 'issuer', gitsign: 'redirecturl', suffix: 'OIDC_REDIRECT_URL' },
  connectorId: { kind: 'text', gitsign: 'connectorid', suffix: 'CONNECTOR_ID' },
  tokenProvider: { kind: 'text', gitsign: 'tokenprovider', suffix: 'TOKEN_PROVIDER' },
  tokenVariable: { kind: 'text' },
  tokenFile: { kind: 'path' },
  timestamp: { kind: ['auto', 'always'] },
  timestampUrl: { kind: 'url', gitsign: 'timestampserverurl', suffix: 'TIMESTAMP_SERVER_URL' },
  timestampCertChain: {
    kind: 'path',
    gitsign: 'timestampcertchain',
    suffix: 'TIMESTAMP_CERT_CHAIN',
  },
  fulcioRoot: {
    kind: 'path',
    gitsign: 'fulcioroot',
    suffix: 'FULCIO_ROOT',
    variables: ['SIGSTORE_ROOT_FILE'],
  },
  rekorPublicKey: { kind: 'path', variables: ['SIGSTORE_REKOR_PUBLIC_KEY'] },
  ctLogPublicKey: { kind: 'path', variables: ['SIGSTORE_CT_LOG_PUBLIC_KEY_FILE'] },
  identity: { kind: 'text' },
  matchCommitter: { kind: 'boolean', gitsign: 'matchcommitter' },
  publishIdentity: { kind: ['ask', 'yes', 'no'] },
  policy: { kind: 'text' },
  since: { kind: 'text' },
  trustWithoutPolicy: { kind: ['undefined', 'full'] },
  x509Fallback: { kind: 'text' },
  urlOpener: { kind: 'text', gitsign: 'urlopener', variables: ['GITSIGN_URL_OPENER'] },
  autoclose: { kind: 'boolean', gitsign: 'autoclose', suffix: 'AUTOCLOSE' },
  autocloseTimeout: { kind: 'seconds', gitsign: 'autoclosetimeout', suffix: 'AUTOCLOSE_TIMEOUT' },
  logPath: { kind: 'path', gitsign: 'logpath', variables: ['GITSIGN_LOG'] },
  keyring: { kind: 'boolean' },
  quiet: { kind: 'boolean' },
  loginTimeout: { kind: 'seconds' },
  offline: { kind: 'boolean' },
  agent: { kind: 'boolean' },
  agentIdle: { kind: 'seconds' },
  agentDirectory: { kind: 'path' },
  agentSocket: { kind: 'path' },
  forwardSocket: { kind: 'path' },
  forwardConfirm: { kind: 'path' },
  forwardRate: { kind: 'count' },
  forwardRepositories: { kind: 'text' },
  forwardLog: { kind: 'path' },
  log: { kind: ['required', 'none'] },
  proxy: { kind: 'text' },
  caFile: { kind: 'path' },
  timeout: { kind: 'seconds' },
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** `rekorUrl` → `REKOR_URL`: all at once, for every start needs them all. */
const SPELT = SETTING_NAMES.join(' ').replaceAll(/[A-Z]/g, '_$&').toUpperCase().split(' ');
const wordsOf = (name: SettingName): string => SPELT[SETTING_NAMES.indexOf(name)] ?? '';

/** `rekorUrl` → `rekor-url`. */
export function flagOf(name: SettingName): string {
  return wordsOf(name).toLowerCase().replaceAll('_', '-');
}

/** `rekorUrl` → `SIGNET_REKOR_URL`. */
export function variableOf(name: SettingName): string {
  return `SIGNET_${wordsOf(name)}`;
}

/** `rekorUrl` → `signet.rekorurl`, as git prints it. */
export function keyOf(name: SettingName): string {
  return `signet.${name.toLowerCase()}`;
}

/** Every variable that sets `name`, weakest first: SIGSTORE_* < GITSIGN_* < SIGNET_*. */
export function variablesOf(name: SettingName): readonly string[] {
  const { suffix, variables = [] } = SETTINGS[name];
  const peers = suffix === undefined ? [] : [`SIGSTORE_${suffix}`, `GITSIGN_${suffix}`];
  return [...variables, ...peers, variableOf(name)];
}
