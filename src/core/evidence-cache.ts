/**
 * What a range has proved before and need not compute again: leaves by their exact bytes, checkpoints by their exact
 * text, each under the trust root that they were proved with. Never a verdict, never a validity in time.
 */

import type { TrustMaterial } from './trust/trust-material.ts';
import type { Certificate } from './x509/certificate.ts';
import {
  type AuthorityStore,
  type CertificationPath,
  readAuthorities,
} from './x509/certification-path.ts';

/** Time-independent facts of one leaf certificate under one trust root. */
export interface LeafEvidence {
  readonly paths: readonly CertificationPath[];
  /** Why there is no path, where there is none. */
  readonly whyNone: string;
  /** By issuer: the outcome of the SCT check, undefined when good. */
  readonly scts: ReadonlyMap<Certificate, Promise<Error | undefined>>;
}

export interface EvidenceCache {
  /** By trust digest and SHA-256 of the certificate. */
  readonly leaves: Map<string, LeafEvidence>;
  /** By trust digest, log and note text. */
  readonly checkpoints: Set<string>;
}

/** A leaf keeps its whole signature in memory. */
const MAX_LEAVES = 128;
const MAX_CHECKPOINTS = 256;

export function createEvidenceCache(): EvidenceCache {
  return { leaves: new Map(), checkpoints: new Set() };
}

/** Keeps the cache bounded: forgets everything rather than track ages. */
export function trimEvidenceCache({ leaves, checkpoints }: EvidenceCache): void {
  if (leaves.size > MAX_LEAVES) leaves.clear();
  if (checkpoints.size > MAX_CHECKPOINTS) checkpoints.clear();
}

export interface AuthorityStores {
  readonly certificate: AuthorityStore;
  readonly timestamp: AuthorityStore;
}

const stores = new WeakMap<TrustMaterial, AuthorityStores>();

/** The authorities of a trust root, read once for each TrustMaterial. */
export function authorityStores(trust: TrustMaterial): AuthorityStores {
  const known = stores.get(trust);
  if (known !== undefined) return known;
  const read = {
    certificate: readAuthorities(trust.certificateAuthorities),
    timestamp: readAuthorities(trust.timestampAuthorities),
  };
  stores.set(trust, read);
  return read;
}
