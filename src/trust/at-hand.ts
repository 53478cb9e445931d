/**
 * Loads the trust roots that are on this machine besides the one in force: the built-in one, and those that `trust init`
 * keeps. They decide no verdict. `policy init` uses them to say which Sigstore vouches for an old signature.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import { readTufMetadata } from '../core/trust/tuf-metadata.ts';
import { isSignetError } from '../errors.ts';
import { loadTrust } from './load.ts';
import { chosenMark } from './origin.ts';
import { mirrorSetting, mirrorSource, PUBLIC_GOOD_MIRROR, type TrustSettings } from './source.ts';
import { statePath } from './state-file.ts';

const TRUST_FILE = /^[0-9a-f]{64}\.json$/;

/** Returns the value of `signet.trust` for a mirror's folder, or undefined if the user never chose that mirror. */
function settingOf(folder: string, trustCache: string, crypto: Crypto): string | undefined {
  if (!existsSync(chosenMark(folder))) return undefined;
  const { mirror, roots } = JSON.parse(readFileSync(statePath(folder), 'utf8')) as {
    readonly mirror: string;
    readonly roots: readonly string[];
  };
  const [root = ''] = roots;
  const { version } = readTufMetadata(root, 'root');
  const pinned = mirrorSetting(mirror, version, toHex(crypto.hash('sha256', utf8(root))));
  return [mirror, pinned].find((setting) => {
    try {
      return mirrorSource(setting, { trustCache }, crypto).directory === folder;
    } catch (error) {
      if (isSignetError(error)) return false;
      throw error;
    }
  });
}

function settingsIn(trustCache: string, crypto: Crypto): readonly string[] {
  if (!existsSync(trustCache)) return [];
  return readdirSync(trustCache).flatMap((name) => {
    const path = join(trustCache, name);
    if (TRUST_FILE.test(name)) return [path];
    try {
      return settingOf(path, trustCache, crypto) ?? [];
    } catch {
      // a folder that cannot be read is no trust root at hand
      return [];
    }
  });
}

export interface TrustAtHand {
  /** The value of `signet.trust` that names it. */
  readonly setting: string;
  readonly trust: TrustMaterial;
}

/** Returns the trust roots at hand that differ from the one in force. One that cannot be read or proved is left out. */
export async function otherTrustRoots(
  { trustCache, ctLog }: Pick<TrustSettings, 'trustCache' | 'ctLog'>,
  inForce: TrustMaterial,
  crypto: Crypto,
): Promise<readonly TrustAtHand[]> {
  const settings = { ctLog, ...(trustCache === undefined ? {} : { trustCache }) };
  const kept = trustCache === undefined ? [] : settingsIn(trustCache, crypto);
  const found = new Map<string, TrustAtHand>();
  for (const setting of new Set([PUBLIC_GOOD_MIRROR, ...kept])) {
    try {
      const trust = await loadTrust({ ...settings, trust: setting }, crypto);
      found.set(trust.digest, { setting, trust });
    } catch (error) {
      if (!isSignetError(error)) throw error;
    }
  }
  found.delete(inForce.digest);
  return [...found.values()];
}
