/** The forge's own protobuf: a log entry as it is embedded in a signature (dev.sigstore.rekor.v1). */

import { utf8 } from '../../../src/core/bytes.ts';
import type { TransparencyLogEntry } from '../../../src/core/rekor/log-entry.ts';

function varint(value: bigint): Buffer {
  const octets: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (; left >= 0x80n; left >>= 7n) octets.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...octets, Number(left)]);
}

/** proto3 leaves a zero out. */
const number = (field: number, value: bigint): Buffer =>
  value === 0n ? Buffer.alloc(0) : Buffer.from([field << 3, ...varint(value)]);

function bytes(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([(field << 3) | 2]), varint(BigInt(content.length)), content]);
}

const text = (field: number, value: string): Buffer => bytes(field, utf8(value));

/** A TransparencyLogEntry without its body, as gitsign stores it. */
export function encodeLogEntry(entry: TransparencyLogEntry): Uint8Array {
  const { inclusionPromise, inclusionProof: proof } = entry;
  return new Uint8Array(
    Buffer.concat([
      number(1, entry.logIndex),
      bytes(2, bytes(1, entry.logId)),
      bytes(3, text(1, entry.kind), text(2, entry.version)),
      number(4, entry.integratedTime),
      ...(inclusionPromise === undefined ? [] : [bytes(5, bytes(1, inclusionPromise))]),
      ...(proof === undefined
        ? []
        : [
            bytes(
              6,
              number(1, proof.logIndex),
              bytes(2, proof.rootHash),
              number(3, proof.treeSize),
              ...proof.hashes.map((hash) => bytes(4, hash)),
              bytes(5, text(1, proof.checkpoint)),
            ),
          ]),
    ]),
  );
}
