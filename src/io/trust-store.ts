/**
 * Where trust comes from: a file (`--trusted-root`, signet.trust), gitsign's three key files, or the
 * public-good root that is built in. One code path for signing, verifying and showing.
 */

import type { Crypto } from '../core/crypto.ts';
import type { TrustMaterial, ValidityWindow } from '../core/trust/trust-material.ts';
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

export type LoadTrust = (settings: Settings, crypto: Crypto) => Promise<TrustMaterial>;
export type LoadSigningConfig = (settings: Settings) => Promise<SigningConfig>;
