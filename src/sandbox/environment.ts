/**
 * The environment of a program that is to sign and verify against a sandbox: our own variables, gitsign's and
 * Sigstore's (reference: gitsign's README), and git's configuration without a file.
 */

import type { ServiceName } from './state.ts';
import type { TrustFiles } from './trust-files.ts';

export interface ChildOptions {
  /** Default 1. */
  readonly rekorVersion?: 1 | 2;
  /** Identity token for SIGSTORE_ID_TOKEN. Without it the child logs in by itself. */
  readonly token?: string | undefined;
  /** Path of the program git is to sign with: adds gpg.format and gpg.x509.program. */
  readonly program?: string;
  /** Adds user.name and user.email. */
  readonly user?: { readonly name: string; readonly email: string };
  /** More git settings, in order. */
  readonly gitConfig?: Readonly<Record<string, string>>;
}

/** Settings as GIT_CONFIG_COUNT and its pairs (git-config(1), ENVIRONMENT). */
export function gitConfigEnvironment(
  settings: Readonly<Record<string, string>>,
): Record<string, string> {
  const pairs = Object.entries(settings);
  const numbered = pairs.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(pairs.length), ...Object.fromEntries(numbered) };
}

function gitSettings({ program, user, gitConfig }: ChildOptions): Record<string, string> {
  return {
    ...(program === undefined ? {} : { 'gpg.format': 'x509', 'gpg.x509.program': program }),
    ...(user === undefined ? {} : { 'user.name': user.name, 'user.email': user.email }),
    ...gitConfig,
  };
}

/** GIT_CONFIG_COUNT is set only if there is something to configure. */
export function childEnvironment(
  urls: Readonly<Record<ServiceName, string>>,
  files: TrustFiles,
  options: ChildOptions = {},
): Record<string, string> {
  const second = options.rekorVersion === 2;
  const settings = gitSettings(options);
  return {
    SIGNET_TRUST: files.trustedRoot,
    // nothing that a sandbox logs is public
    SIGNET_PUBLISH_IDENTITY: 'yes',
    SIGNET_SIGNING_CONFIG: second ? files.signingConfigV2 : files.signingConfig,
    GITSIGN_FULCIO_URL: urls.fulcio,
    GITSIGN_REKOR_URL: second ? urls.rekorV2 : urls.rekor,
    GITSIGN_OIDC_ISSUER: urls.issuer,
    GITSIGN_OIDC_CLIENT_ID: 'sigstore',
    GITSIGN_TIMESTAMP_CERT_CHAIN: files.tsaChain,
    ...(second ? { GITSIGN_REKOR_VERSION: '2', GITSIGN_TIMESTAMP_SERVER_URL: urls.tsa } : {}),
    SIGSTORE_ROOT_FILE: files.fulcioChain,
    SIGSTORE_REKOR_PUBLIC_KEY: second ? files.rekorV2PublicKey : files.rekorPublicKey,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: files.ctLogPublicKey,
    ...(options.token === undefined ? {} : { SIGSTORE_ID_TOKEN: options.token }),
    ...(Object.keys(settings).length === 0 ? {} : gitConfigEnvironment(settings)),
  };
}
