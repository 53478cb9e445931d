/**
 * Reads and writes the protobuf wire format (https://protobuf.dev/programming-guides/encoding), as far as a
 * TransparencyLogEntry needs it. Varints must be minimal, and wire types known. The message's reader decides about
 * repeated and unknown fields.
 */

import { concat } from '../bytes.ts';

/** Thrown for anything that is not a well-formed message. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

export interface ProtobufField {
  readonly number: number;
  /** A varint (wire type 0), or the bytes of a length-delimited field (wire type 2). */
  readonly value: bigint | Uint8Array;
}

/** Reads the fields of a message in their order. @throws ProtobufError */
export function readFields(bytes: Uint8Array, limit = 128): readonly ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const octet = (): number => {
    const next = bytes[at];
    if (next === undefined) throw new ProtobufError('truncated varint');
    at += 1;
    return next;
  };
  const varint = (): bigint => {
    // nearly every key and length has one octet
    let last = octet();
    if (last < 0x80) return BigInt(last);
    let value = BigInt(last & 0x7f);
    for (let shift = 7n; shift < 70n; shift += 7n) {
      last = octet();
      value |= BigInt(last & 0x7f) << shift;
      if (last < 0x80) {
        if (last === 0) throw new ProtobufError('varint not minimal');
        if (value >= 1n << 64n) throw new ProtobufError('varint over 64 bits');
        return value;
      }
    }
    throw new ProtobufError('varint over ten octets');
  };
  while (at < bytes.length) {
    if (fields.length === limit) throw new ProtobufError('too many fields');
    const key = varint();
    const number = Number(key >> 3n);
    const wireType = Number(key & 7n);
    if (wireType === 0) {
      fields.push({ number, value: varint() });
    } else if (wireType === 2) {
      const size = varint();
      if (size > BigInt(bytes.length - at)) throw new ProtobufError('truncated field');
      fields.push({ number, value: bytes.subarray(at, at + Number(size)) });
      at += Number(size);
    } else {
      throw new ProtobufError(`wire type ${wireType}`);
    }
  }
  return fields;
}

function varintBytes(value: bigint): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    octets.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return new Uint8Array(octets);
}

/** Writes one field. A zero varint is left out, as in proto3. */
export function writeField(number: number, value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') {
    return value === 0n
      ? new Uint8Array()
      : concat(varintBytes(BigInt(number * 8)), varintBytes(value));
  }
  return concat(varintBytes(BigInt(number * 8 + 2)), varintBytes(BigInt(value.length)), value);
}
