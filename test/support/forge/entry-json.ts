/** A log entry as JSON of a Sigstore bundle, written from its specification and without the program's writer. */

import { base64, type Json } from './spec.ts';

type Count = bigint | number;

/** What the JSON says of an entry. */
export interface WrittenEntry {
  readonly logIndex: Count;
  readonly logId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  /** Unix seconds, or 0 for a log that vouches for no time. */
  readonly integratedTime: Count;
  readonly inclusionPromise?: Uint8Array | undefined;
  readonly inclusionProof?:
    | {
        readonly logIndex: Count;
        readonly rootHash: Uint8Array;
        readonly treeSize: Count;
        readonly hashes: readonly Uint8Array[];
        readonly checkpoint: string;
      }
    | undefined;
}

/** Returns the JSON of an entry with this canonical body. */
export function entryJson(entry: WrittenEntry, body: Uint8Array): Json {
  const { kind, version, inclusionPromise: promise, inclusionProof: proof } = entry;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: base64(entry.logId) },
    kindVersion: { kind, version },
    integratedTime: String(entry.integratedTime),
    ...(promise && { inclusionPromise: { signedEntryTimestamp: base64(promise) } }),
    ...(proof && {
      inclusionProof: {
        logIndex: String(proof.logIndex),
        rootHash: base64(proof.rootHash),
        treeSize: String(proof.treeSize),
        hashes: proof.hashes.map(base64),
        checkpoint: { envelope: proof.checkpoint },
      },
    }),
    canonicalizedBody: base64(body),
  };
}
