/**
 * Writes a log entry as it is embedded in a signature: protobuf dev.sigstore.rekor.v1.TransparencyLogEntry,
 * canonicalized body left out, as gitsign stores it. By hand: a dozen fields, thousands of times.
 */

import type { LogEntryAnswer } from './v1.ts';
import type { RekorV2Log } from './v2.ts';

export interface EntryFields {
  readonly logIndex: number;
  readonly logId: Uint8Array;
  readonly version: string;
  /** Unix seconds, or 0 for v2. */
  readonly integratedTime: number;
  readonly signedEntryTimestamp?: Uint8Array;
  readonly proof?: {
    readonly logIndex: number;
    readonly rootHash: Uint8Array;
    readonly treeSize: number;
    readonly hashes: readonly Uint8Array[];
    readonly checkpoint: string;
  };
}

/** What a Rekor v1 answer says. */
export function entryOfV1(answer: LogEntryAnswer): EntryFields {
  const { inclusionProof, signedEntryTimestamp } = answer.verification;
  return {
    logIndex: answer.logIndex,
    logId: Buffer.from(answer.logID, 'hex'),
    version: '0.0.1',
    integratedTime: answer.integratedTime,
    signedEntryTimestamp: Buffer.from(signedEntryTimestamp, 'base64'),
    proof: {
      logIndex: inclusionProof.logIndex,
      rootHash: Buffer.from(inclusionProof.rootHash, 'hex'),
      treeSize: inclusionProof.treeSize,
      hashes: inclusionProof.hashes.map((hash) => Buffer.from(hash, 'hex')),
      checkpoint: inclusionProof.checkpoint,
    },
  };
}

/** The entry at an index of a Rekor v2 log, proved in its present tree. */
export function entryOfV2(
  log: Pick<RekorV2Log, 'logId' | 'tree' | 'checkpoint'>,
  index: number,
): EntryFields {
  return {
    logIndex: index,
    logId: log.logId,
    version: '0.0.2',
    integratedTime: 0,
    proof: {
      logIndex: index,
      rootHash: log.tree.root(),
      treeSize: log.tree.size,
      hashes: log.tree.inclusionProof(index),
      checkpoint: log.checkpoint(),
    },
  };
}

function varint(value: number): Buffer {
  const octets: number[] = [];
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 128)) octets.push((left % 128) | 0x80);
  octets.push(left);
  return Buffer.from(octets);
}

/** Writes a scalar field. proto3 leaves zero out. */
const number = (field: number, value: number): Buffer =>
  value === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([field << 3]), varint(value)]);

function bytes(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(length), ...parts]);
}

const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));

export function encodeEntry(entry: EntryFields): Buffer {
  const { proof, signedEntryTimestamp } = entry;
  return Buffer.concat([
    number(1, entry.logIndex),
    bytes(2, bytes(1, entry.logId)),
    bytes(3, text(1, 'hashedrekord'), text(2, entry.version)),
    number(4, entry.integratedTime),
    ...(signedEntryTimestamp === undefined ? [] : [bytes(5, bytes(1, signedEntryTimestamp))]),
    ...(proof === undefined ? [] : [bytes(6, ...proofFields(proof))]),
  ]);
}

function proofFields(proof: NonNullable<EntryFields['proof']>): Buffer[] {
  return [
    number(1, proof.logIndex),
    bytes(2, proof.rootHash),
    number(3, proof.treeSize),
    ...proof.hashes.map((hash) => bytes(4, hash)),
    bytes(5, text(1, proof.checkpoint)),
  ];
}
