/** The services of a signing config. */

import type { ValidityWindow } from '../core/trust/trust-material.ts';

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
  readonly count?: number | undefined;
}

export interface SigningConfig {
  /** Its source, for messages. */
  readonly source: string;
  readonly caUrls: readonly SigningService[];
  readonly oidcUrls: readonly SigningService[];
  readonly rekorTlogUrls: readonly SigningService[];
  readonly rekorTlogConfig: ServiceSelection;
  readonly tsaUrls: readonly SigningService[];
  readonly tsaConfig: ServiceSelection;
}
