/**
 * The table of settings: for each name its kind, and how gitsign and Sigstore's tools spell it
 * (reference: gitsign's configuration table). `signet.<name>`, `SIGNET_<UPPER_SNAKE>` and `--<kebab>` follow
 * from the name.
 */

import type { SettingName } from './settings.ts';

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

/**
 * What a value of the repository's own configuration could do to the person who works there.
 * `harmless`: nothing. `milder`: it can make a verdict milder. `reaching`: it can run a program, or decide where a secret
 * or a signature goes. `both`: milder and reaching. `protected`: it is shared with other repositories (an agent serves them
 * all), so a repository never sets it.
 */
export type SettingClass = 'harmless' | 'milder' | 'reaching' | 'both' | 'protected';

/** Values from the mildest to the strictest; `narrower`: any value, where nothing else is said. */
export type Direction = 'narrower' | readonly string[];

export interface Setting {
  readonly kind: SettingKind;
  /** Without a class a setting counts as reaching. */
  readonly class?: SettingClass;
  /** In which direction a repository may always go. Booleans are written `true` and `false` here. */
  readonly stricter?: Direction;
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
  trust: { kind: 'path', class: 'both', variables: ['TUF_MIRROR'], aliases: ['trusted-root'] },
  trustRoot: { kind: 'path', class: 'both', variables: ['TUF_ROOT_JSON'] },
  ctLog: { kind: ['required', 'none'], class: 'both', stricter: ['none', 'required'] },
  insecureHttp: { kind: 'text', class: 'reaching' },
  signingConfig: { kind: 'path', class: 'reaching' },
  fulcioUrl: { kind: 'url', class: 'reaching', gitsign: 'fulcio', suffix: 'FULCIO_URL' },
  rekorUrl: { kind: 'url', class: 'both', gitsign: 'rekor', suffix: 'REKOR_URL' },
  rekorVersion: {
    kind: ['1', '2'],
    class: 'harmless',
    gitsign: 'rekorversion',
    suffix: 'REKOR_VERSION',
  },
  rekorMode: {
    kind: ['offline', 'online'],
    class: 'harmless',
    gitsign: 'rekormode',
    variables: ['GITSIGN_REKOR_MODE'],
  },
  issuer: { kind: 'issuer', class: 'reaching', gitsign: 'issuer', suffix: 'OIDC_ISSUER' },
  clientId: { kind: 'text', class: 'reaching', gitsign: 'clientid', suffix: 'OIDC_CLIENT_ID' },
  clientSecretFile: {
    kind: 'path',
    class: 'reaching',
    gitsign: 'clientsecretfile',
    suffix: 'OIDC_CLIENT_SECRET_FILE',
  },
  redirectUrl: {
    kind: 'issuer',
    class: 'reaching',
    gitsign: 'redirecturl',
    suffix: 'OIDC_REDIRECT_URL',
  },
  connectorId: { kind: 'text', class: 'reaching', gitsign: 'connectorid', suffix: 'CONNECTOR_ID' },
  tokenProvider: {
    kind: 'text',
    class: 'reaching',
    gitsign: 'tokenprovider',
    suffix: 'TOKEN_PROVIDER',
  },
  tokenVariable: { kind: 'text', class: 'reaching' },
  tokenFile: { kind: 'path', class: 'reaching' },
  timestamp: { kind: ['auto', 'always'], class: 'milder', stricter: ['auto', 'always'] },
  timestampUrl: {
    kind: 'url',
    class: 'reaching',
    gitsign: 'timestampserverurl',
    suffix: 'TIMESTAMP_SERVER_URL',
  },
  timestampCertChain: {
    kind: 'path',
    class: 'both',
    gitsign: 'timestampcertchain',
    suffix: 'TIMESTAMP_CERT_CHAIN',
  },
  fulcioRoot: {
    kind: 'path',
    class: 'both',
    gitsign: 'fulcioroot',
    suffix: 'FULCIO_ROOT',
    variables: ['SIGSTORE_ROOT_FILE'],
  },
  rekorPublicKey: { kind: 'path', class: 'both', variables: ['SIGSTORE_REKOR_PUBLIC_KEY'] },
  ctLogPublicKey: { kind: 'path', class: 'both', variables: ['SIGSTORE_CT_LOG_PUBLIC_KEY_FILE'] },
  identity: { kind: 'text', class: 'reaching', stricter: 'narrower' },
  matchCommitter: {
    kind: 'boolean',
    class: 'milder',
    stricter: ['false', 'true'],
    gitsign: 'matchcommitter',
  },
  publishIdentity: {
    kind: ['ask', 'yes', 'no'],
    class: 'reaching',
    stricter: ['yes', 'ask', 'no'],
  },
  policy: { kind: 'text', class: 'milder' },
  since: { kind: 'text', class: 'milder' },
  trustWithoutPolicy: {
    kind: ['undefined', 'full'],
    class: 'milder',
    stricter: ['full', 'undefined'],
  },
  x509Fallback: { kind: 'text', class: 'reaching' },
  urlOpener: {
    kind: 'text',
    class: 'reaching',
    gitsign: 'urlopener',
    variables: ['GITSIGN_URL_OPENER'],
  },
  autoclose: { kind: 'boolean', class: 'harmless', gitsign: 'autoclose', suffix: 'AUTOCLOSE' },
  autocloseTimeout: {
    kind: 'seconds',
    class: 'harmless',
    gitsign: 'autoclosetimeout',
    suffix: 'AUTOCLOSE_TIMEOUT',
  },
  logPath: { kind: 'path', class: 'reaching', gitsign: 'logpath', variables: ['GITSIGN_LOG'] },
  keyring: { kind: 'boolean', class: 'protected' },
  quiet: { kind: 'boolean', class: 'harmless' },
  loginTimeout: { kind: 'seconds', class: 'protected' },
  offline: { kind: 'boolean', class: 'reaching', stricter: ['false', 'true'] },
  agent: { kind: 'boolean', class: 'harmless' },
  agentIdle: { kind: 'seconds', class: 'protected' },
  agentDirectory: { kind: 'path', class: 'reaching' },
  agentSocket: { kind: 'path', class: 'reaching' },
  forwardSocket: { kind: 'path', class: 'protected' },
  forwardConfirm: { kind: 'path', class: 'protected' },
  forwardRate: { kind: 'count', class: 'protected' },
  forwardRepositories: { kind: 'text', class: 'protected' },
  forwardLog: { kind: 'path', class: 'protected' },
  log: { kind: ['required', 'none'], class: 'milder', stricter: ['none', 'required'] },
  proxy: { kind: 'text', class: 'both' },
  caFile: { kind: 'path', class: 'both' },
  timeout: { kind: 'seconds', class: 'harmless' },
};

/** What a value of the repository could do; reaching where nobody has classed it. */
export function classOf(name: SettingName): SettingClass {
  const setting: Setting = SETTINGS[name];
  return setting.class ?? 'reaching';
}

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
