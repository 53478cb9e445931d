/**
 * Loads the trust root: a file (`--trusted-root`, signet.trust), gitsign's key files, the last answer of a TUF mirror, or
 * the built-in public-good root. Signing, verifying and showing share this code, and it uses no network. Only
 * trust/mirror-refresh.ts asks mirrors.
 */

import type { Crypto } from '../core/crypto.ts';
import { parseProtoJson } from '../core/proto-json.ts';
import type { KeyFile } from '../core/trust/key-files.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { parseTrustedRoot } from '../core/trust/trusted-root.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import { readNamedTrust, readTrustFile } from './named.ts';
import type { SigningConfig } from './signing-services.ts';
import { type MirrorSource, publicGood, type TrustSettings, trustSourceOf } from './source.ts';
import { readState, TRUSTED_ROOT_TARGET } from './state-file.ts';

export { TRUST_SETTINGS, type TrustSettings } from './source.ts';

const EMBEDDED = 'public-good (embedded)';

/** Returns the trusted root in a ClientTrustConfig. A bare trusted root is returned as it is. */
function trustedRootText(text: string, source: string): string {
  if (!text.includes('application/vnd.dev.sigstore.clienttrustconfig')) return text;
  const { trustedRoot } = parseProtoJson(text, source);
  if (typeof trustedRoot !== 'object') {
    throw new ConfigError(`${source}: the file holds no trustedRoot`, { code: 'TRUST_FILE' });
  }
  return JSON.stringify(trustedRoot);
}

async function builtIn(name: string, crypto: Crypto, refreshed?: number): Promise<TrustMaterial> {
  const { PUBLIC_GOOD_TRUSTED_ROOT } = await import('./public-good.ts');
  const trust = parseTrustedRoot(PUBLIC_GOOD_TRUSTED_ROOT, EMBEDDED, crypto);
  return { ...trust, mirror: { name, refreshed } };
}

/** Returns the last answer of a mirror, proved again unless it equals the built-in trust. Without one, returns the built-in trust. */
async function mirrorTrust(source: MirrorSource, crypto: Crypto): Promise<TrustMaterial> {
  const { anchor, name } = source;
  const isPublic = anchor.kind === 'embedded' && anchor.instance === 'public-good';
  const state = await readState(source);
  if (state === undefined) {
    if (isPublic) return builtIn(name, crypto);
    throw new ConfigError(`the trust mirror ${name} was never asked for its trust root`, {
      code: 'TRUST_FILE',
      hint: 'git signet trust update',
    });
  }
  const { refreshed } = state;
  if (isPublic) {
    const { PUBLIC_GOOD_TRUSTED_ROOT } = await import('./public-good.ts');
    const same = state.files[TRUSTED_ROOT_TARGET] === PUBLIC_GOOD_TRUSTED_ROOT;
    if (same) return builtIn(name, crypto, refreshed);
  }
  const { proveState } = await import('./state.ts');
  const proven = await proveState(source, state, crypto);
  if (proven === undefined) return builtIn(name, crypto);
  const text = proven.state.files[TRUSTED_ROOT_TARGET] ?? '';
  const trust = parseTrustedRoot(text, `${name} (mirror)`, crypto);
  return { ...trust, mirror: { name, refreshed } };
}

async function keyFile(path: string | undefined): Promise<KeyFile | undefined> {
  return path === undefined ? undefined : { path, text: await readTrustFile(path) };
}

/** Returns trust from gitsign's key files. Missing parts come from the public-good root, as they do in gitsign. */
async function keyFileTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const { trustFromKeyFiles } = await import('../core/trust/key-files.ts');
  const files = {
    fulcio: await keyFile(settings.fulcioRoot),
    rekor: await keyFile(settings.rekorPublicKey),
    ctLog: await keyFile(settings.ctLogPublicKey),
    timestampChain: await keyFile(settings.timestampCertChain),
  };
  const complete = [files.fulcio, files.rekor, files.ctLog].every((file) => file !== undefined);
  const rest = complete ? undefined : await mirrorTrust(publicGood(settings, crypto), crypto);
  return trustFromKeyFiles(files, crypto, rest);
}

async function namedTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'key-files') return keyFileTrust(settings, crypto);
  if (source.kind === 'mirror') return mirrorTrust(source, crypto);
  const text = await readNamedTrust(source.path, settings, crypto);
  return parseTrustedRoot(trustedRootText(text, source.path), source.path, crypto);
}

/** Returns the trust root in force. @throws ConfigError TRUST_FILE with the file and the place in it */
export async function loadTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const trust = await namedTrust(settings, crypto);
  return settings.ctLog === 'none' && trust.ctLogs.length === 0
    ? { ...trust, withoutCtLog: true }
    : trust;
}

/** Returns the signing configuration of the trust root in force. @throws ConfigError TRUST_FILE */
export async function loadSigningConfig(settings: Settings): Promise<SigningConfig> {
  const [{ signingConfigFor }, { loadCrypto }] = await Promise.all([
    import('./signing-config.ts'),
    import('../system/crypto-port.ts'),
  ]);
  return signingConfigFor(settings, await loadCrypto());
}
