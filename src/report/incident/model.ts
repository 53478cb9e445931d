/** What a search for a taken-over account found, as plain data. Texts are raw, and each format escapes them. */

import type { Revocation } from '../../core/policy/model.ts';

/** A commit or tag that the account may have signed. */
export interface IncidentObject {
  /** Full hash. */
  readonly id: string;
  readonly type: 'commit' | 'tag';
  readonly subject: string;
  /** Unix seconds. The first proven time, or undefined if none is proven. */
  readonly time: number | undefined;
  /** SHA-256 of the certificate in lower-case hex, and its first second. */
  readonly certificate?: { readonly sha256: string; readonly notBefore: number };
  readonly logEntry?: { readonly logId: string; readonly logIndex: string };
  /** Why it cannot be judged. Absent for a hit. */
  readonly detail?: string;
}

/** A tag that reaches a hit. */
export interface IncidentRelease {
  readonly name: string;
  readonly id: string;
  /** True if the account signed the tag itself within the window. */
  readonly signedByAccount: boolean;
}

export interface RepositoryIncident {
  readonly path: string;
  /** Number of commits and tags that were judged. */
  readonly objects: number;
  readonly hits: readonly IncidentObject[];
  /** They claim the account, and cannot be judged here. */
  readonly unproven: readonly IncidentObject[];
  readonly releases: readonly IncidentRelease[];
}

/** A signature in a log that neither a ledger nor a repository explains. */
export interface UnexplainedSignature {
  /** Address of the log. */
  readonly log: string;
  readonly index: string;
  /** Unix seconds, if the log vouches for a time. */
  readonly logged?: number | undefined;
  readonly certificate: { readonly sha256: string; readonly notBefore: number };
}

export interface IncidentReport {
  /** The entry for the policy. Its `except` holds what the owner vouches for. */
  readonly revocation: Revocation;
  readonly repositories: readonly RepositoryIncident[];
  /** Undefined if no monitor has run here. */
  readonly unexplained: readonly UnexplainedSignature[] | undefined;
  /** Full hashes of the hits that the owner vouches for. */
  readonly vouched: ReadonlySet<string>;
}
