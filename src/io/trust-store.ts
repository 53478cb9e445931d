/**
 * Where trust comes from: a file (`--trusted-root`, signet.trust), gitsign's key files, or the public-good root
 * that is built in. One code path for signing, verifying and showing.
 */

import { readFileSync } from 'node:fs';
import { fromUtf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { KeyFile } from '../core/trust/key-files.ts';
import type { TrustMaterial, ValidityWindow } from '../core/trust/trust-material.ts';
import { parseTrustedRoot } from '../core/trust/trusted-root.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from './config.ts';

/** One service of application/vnd.dev.sigstore.signingconfig.v0.2+json. */
export interface SigningService {
  /** Without a trailing slash. */
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor: ValidityWindow;
  readonly operator: string;
}

export interface ServiceSelection {
  readonly selector: 'ANY' | 'ALL' | 'EXACT';
  readonly count?: number;
}

export interface SigningConfig {
  /** Where it came from, for messages. */
  readonly source: string;
  readonly caUrls: readonly SigningService[];
  readonly oidcUrls: readonly SigningService[];
  readonly rekorTlogUrls: readonly SigningService[];
  readonly rekorTlogConfig: ServiceSelection;
  readonly tsaUrls: readonly SigningService[];
  readonly tsaConfig: ServiceSelection;
}

/** What decides about trust. */
export const TRUST_SETTINGS = [
  'trust',
  'fulcioRoot',
  'rekorPublicKey',
  'ctLogPublicKey',
  'timestampCertChain',
] as const;
export type TrustSettings = Pick<Settings, (typeof TRUST_SETTINGS)[number]>;

const MAX_TRUST = 4 * 1024 * 1024;

/** A trust or signing-config file as text. @throws ConfigError TRUST_FILE */
export function readTrustFile(path: string): string {
  const refuse = (why: string): ConfigError =>
    new ConfigError(`${path}: ${why}`, { code: 'TRUST_FILE' });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message.replace(/,.*/, '') : String(error));
  }
  if (bytes.length > MAX_TRUST) throw refuse('longer than 4 MiB');
  const text = fromUtf8(bytes);
  if (text === undefined) throw refuse('not UTF-8');
  return text;
}

/** The trusted root in a ClientTrustConfig; the text itself when it is a bare trusted root. */
function trustedRootText(text: string, source: string): string {
  if (!text.includes('application/vnd.dev.sigstore.clienttrustconfig')) return text;
  const { trustedRoot } = parseJson(text, source) as { readonly trustedRoot?: unknown };
  if (typeof trustedRoot !== 'object' || trustedRoot === null) {
    throw new ConfigError(`${source}: holds no trustedRoot`, { code: 'TRUST_FILE' });
  }
  return JSON.stringify(trustedRoot);
}

/** @throws ConfigError TRUST_FILE */
export function parseJson(text: string, source: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null) {
    throw new ConfigError(`${source}: not a JSON object`, { code: 'TRUST_FILE' });
  }
  return value;
}

async function builtIn(crypto: Crypto): Promise<TrustMaterial> {
  const { PUBLIC_GOOD_TRUSTED_ROOT } = await import('./public-good.ts');
  return parseTrustedRoot(PUBLIC_GOOD_TRUSTED_ROOT, 'public-good (embedded)', crypto);
}

function keyFile(path: string | undefined): KeyFile | undefined {
  return path === undefined ? undefined : { path, text: readTrustFile(path) };
}

/** gitsign's files; what none of them names comes from the built-in root, as it does for gitsign. */
async function keyFileTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const { trustFromKeyFiles } = await import('../core/trust/key-files.ts');
  const fulcio = keyFile(settings.fulcioRoot);
  const rekor = keyFile(settings.rekorPublicKey);
  const ctLog = keyFile(settings.ctLogPublicKey);
  const timestampChain = keyFile(settings.timestampCertChain);
  const complete = fulcio !== undefined && rekor !== undefined && ctLog !== undefined;
  const rest = complete ? undefined : await builtIn(crypto);
  const files = {
    ...(fulcio === undefined ? {} : { fulcio }),
    ...(rekor === undefined ? {} : { rekor }),
    ...(ctLog === undefined ? {} : { ctLog }),
    ...(timestampChain === undefined ? {} : { timestampChain }),
  };
  return trustFromKeyFiles(files, crypto, rest);
}

/**
 * The trust in force. @throws ConfigError TRUST_FILE, naming the file and the place in it
 */
export async function loadTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  if (settings.trust !== undefined) {
    const text = readTrustFile(settings.trust);
    return parseTrustedRoot(trustedRootText(text, settings.trust), settings.trust, crypto);
  }
  const { fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain } = settings;
  const files = [fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain];
  return files.some((file) => file !== undefined)
    ? keyFileTrust(settings, crypto)
    : builtIn(crypto);
}

/** The signing configuration that goes with the trust in force. @throws ConfigError TRUST_FILE */
export async function loadSigningConfig(settings: Settings): Promise<SigningConfig> {
  const { signingConfigFor } = await import('./signing-config.ts');
  return signingConfigFor(settings);
}
