/** What is trusted, as plain data: read from trusted_root.json or from gitsign's key files (core/trust/trusted-root.ts). */

import type { PublicKey } from '../crypto.ts';

/** Unix seconds, both ends inclusive. */
export interface ValidityWindow {
  readonly start: number;
  readonly end?: number | undefined;
}

export interface TrustedLog {
  /** Lower-case hex log id, as entries and SCTs name it. */
  readonly id: string;
  readonly baseUrl: string;
  readonly key: PublicKey;
  readonly validFor: ValidityWindow;
}

export interface TrustedAuthority {
  readonly uri: string;
  /** DER certificates, the issuer of leaves first, the root last. */
  readonly chain: readonly Uint8Array[];
  readonly validFor: ValidityWindow;
}

/** An entry that grants nothing here, and why. All texts are the file's: escape them before they meet a terminal. */
export interface LeftOut {
  readonly kind: 'log' | 'CT log';
  /** Where in the file: `ctlogs[0]`. */
  readonly place: string;
  /** Its address; empty where none is said. */
  readonly name: string;
  /** Lower-case hex log id; empty where none can be read. */
  readonly id: string;
  readonly why: string;
}

export interface TrustMaterial {
  /** Where it came from, for messages: a path, or `public-good (embedded)`. */
  readonly source: string;
  /** Lower-case hex SHA-256 of what it was read from: part of every cache key. */
  readonly digest: string;
  readonly certificateAuthorities: readonly TrustedAuthority[];
  readonly timestampAuthorities: readonly TrustedAuthority[];
  readonly tlogs: readonly TrustedLog[];
  readonly ctLogs: readonly TrustedLog[];
  /** Logs that are listed and not used, because nothing here can verify with their keys. */
  readonly leftOut: readonly LeftOut[];
  /** Its owner says by name that no certificate transparency log exists here; it counts only where none is listed. */
  readonly withoutCtLog?: true;
  /** Present where a mirror may have a newer one. */
  readonly mirror?: TrustMirror;
}

export interface TrustMirror {
  /** For messages. */
  readonly name: string;
  /** Unix seconds, as the file says: when the mirror last vouched for it; absent for what is built in. Proves nothing. */
  readonly refreshed?: number | undefined;
}
