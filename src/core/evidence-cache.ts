/**
 * Remembers proofs within a range: leaves by their exact bytes and checkpoints by their exact text, each under the trust
 * root that proved them. It never keeps a verdict, or a validity in time.
 */

import type { TrustMaterial } from './trust/trust-material.ts';
import type { Certificate } from './x509/certificate.ts';
import {
  type AuthorityStore,
  type CertificationPath,
  readAuthorities,
} from './x509/certification-path.ts';

/** Facts of one leaf certificate under one trust root that no time changes. */
export interface LeafEvidence {
  readonly paths: readonly CertificationPath[];
  /** The reason why there is no path, if there is none. */
  readonly whyNone: string;
  /** The outcome of the SCT check by issuer. Undefined if it is good. */
  readonly scts: ReadonlyMap<Certificate, Promise<Error | undefined>>;
}

export interface EvidenceCache {
  /** By trust digest and SHA-256 of the certificate. */
  readonly leaves: Map<string, Promise<LeafEvidence>>;
  /** By trust digest, log and note text. */
  readonly checkpoints: Map<string, Promise<void>>;
}

/** Most leaves in memory, because a leaf keeps its whole signature. */
const MAX_LEAVES = 128;
const MAX_CHECKPOINTS = 256;

export function createEvidenceCache(): EvidenceCache {
  return { leaves: new Map(), checkpoints: new Map() };
}

/** Keeps the cache bounded. It forgets everything and does not track ages. */
export function trimEvidenceCache({ leaves, checkpoints }: EvidenceCache): void {
  if (leaves.size > MAX_LEAVES) leaves.clear();
  if (checkpoints.size > MAX_CHECKPOINTS) checkpoints.clear();
}

export interface AuthorityStores {
  readonly certificate: AuthorityStore;
  readonly timestamp: AuthorityStore;
}

const stores = new WeakMap<TrustMaterial, AuthorityStores>();

/** Reads the authorities of a trust root, once for each TrustMaterial. */
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
