/**
 * Where trust comes from: a file (`--trusted-root`, signet.trust), gitsign's key files, or a TUF mirror: what it served
 * last, else the public-good root that is built in. One code path for signing, verifying and showing, and no network
 * in it: trust/mirror-refresh.ts asks mirrors, when something is signed or when it is told to.
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

/** The trusted root in a ClientTrustConfig; the text itself when it is a bare trusted root. */
function trustedRootText(text: string, source: string): string {
  if (!text.includes('application/vnd.dev.sigstore.clienttrustconfig')) return text;
  const { trustedRoot } = parseProtoJson(text, source);
  if (typeof trustedRoot !== 'object') {
    throw new ConfigError(`${source}: holds no trustedRoot`, { code: 'TRUST_FILE' });
  }
  return JSON.stringify(trustedRoot);
}

async function builtIn(name: string, crypto: Crypto, refreshed?: number): Promise<TrustMaterial> {
  const { PUBLIC_GOOD_TRUSTED_ROOT } = await import('./public-good.ts');
  const trust = parseTrustedRoot(PUBLIC_GOOD_TRUSTED_ROOT, EMBEDDED, crypto);
  return { ...trust, mirror: { name, refreshed } };
}

/** What the mirror served last, proved again unless it is what is built in; else what is built in. */
async function mirrorTrust(source: MirrorSource, crypto: Crypto): Promise<TrustMaterial> {
  const { anchor, name } = source;
  const isPublic = anchor.kind === 'embedded' && anchor.instance === 'public-good';
  const state = readState(source);
  if (state === undefined) {
    if (isPublic) return builtIn(name, crypto);
    throw new ConfigError(`nothing was fetched yet from the trust mirror ${name}`, {
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

function keyFile(path: string | undefined): KeyFile | undefined {
  return path === undefined ? undefined : { path, text: readTrustFile(path) };
}

/** gitsign's files; what none of them names comes from the public-good root, as it does for gitsign. */
async function keyFileTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const { trustFromKeyFiles } = await import('../core/trust/key-files.ts');
  const fulcio = keyFile(settings.fulcioRoot);
  const rekor = keyFile(settings.rekorPublicKey);
  const ctLog = keyFile(settings.ctLogPublicKey);
  const timestampChain = keyFile(settings.timestampCertChain);
  const complete = fulcio !== undefined && rekor !== undefined && ctLog !== undefined;
  const rest = complete ? undefined : await mirrorTrust(publicGood(settings, crypto), crypto);
  const files = {
    fulcio,
    rekor,
    ctLog,
    timestampChain,
  };
  return trustFromKeyFiles(files, crypto, rest);
}

async function namedTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const source = trustSourceOf(settings, crypto);
  if (source.kind === 'key-files') return keyFileTrust(settings, crypto);
  if (source.kind === 'mirror') return mirrorTrust(source, crypto);
  const text = readNamedTrust(source.path, settings, crypto);
  return parseTrustedRoot(trustedRootText(text, source.path), source.path, crypto);
}

/**
 * The trust in force. @throws ConfigError TRUST_FILE, naming the file and the place in it
 */
export async function loadTrust(settings: TrustSettings, crypto: Crypto): Promise<TrustMaterial> {
  const trust = await namedTrust(settings, crypto);
  return settings.ctLog === 'none' && trust.ctLogs.length === 0
    ? { ...trust, withoutCtLog: true }
    : trust;
}

/** The signing configuration that goes with the trust in force. @throws ConfigError TRUST_FILE */
export async function loadSigningConfig(settings: Settings): Promise<SigningConfig> {
  const [{ signingConfigFor }, { loadCrypto }] = await Promise.all([
    import('./signing-config.ts'),
    import('../system/crypto-port.ts'),
  ]);
  return signingConfigFor(settings, await loadCrypto());
}
