/** The trust root as plain data, read from trusted_root.json (core/trust/trusted-root.ts) or from gitsign's key files. */

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

/** An entry without effect, and the reason. The texts come from the file, so escape them before you print them. */
export interface LeftOut {
  readonly kind: 'log' | 'CT log';
  /** Its place in the file: `ctlogs[0]`. */
  readonly place: string;
  /** Its address, or an empty text if it has none. */
  readonly name: string;
  /** Lower-case hex log id, or an empty text if it cannot be read. */
  readonly id: string;
  readonly why: string;
}

export interface TrustMaterial {
  /** Its source for messages: a path, or `public-good (embedded)`. */
  readonly source: string;
  /** Lower-case hex SHA-256 of its text. It is part of every cache key. */
  readonly digest: string;
  readonly certificateAuthorities: readonly TrustedAuthority[];
  readonly timestampAuthorities: readonly TrustedAuthority[];
  readonly tlogs: readonly TrustedLog[];
  readonly ctLogs: readonly TrustedLog[];
  /** Logs that are listed but not used, because this program does not know their kind of key. */
  readonly leftOut: readonly LeftOut[];
  /** The owner states that there is no CT log. It counts only if none is listed. */
  readonly withoutCtLog?: true;
  /** Present if a mirror may have a newer trust root. */
  readonly mirror?: TrustMirror;
}

export interface TrustMirror {
  /** For messages. */
  readonly name: string;
  /** Unix seconds of the mirror's last answer, as the file claims. Absent for built-in trust. Proves nothing. */
  readonly refreshed?: number | undefined;
}
