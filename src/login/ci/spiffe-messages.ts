/**
 * Writes and reads two messages of workload.proto: `JWTSVIDRequest { repeated string audience = 1; }` and
 * `JWTSVIDResponse { repeated JWTSVID svids = 1; }` with `JWTSVID { string spiffe_id = 1; string svid = 2; }`.
 */

import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { ProtobufError, readFields, writeField } from '../../core/rekor/protobuf.ts';

export function encodeTokenRequest(audience: string): Uint8Array {
  return writeField(1, utf8(audience));
}

/** Returns the token of the first identity, which is the default, or undefined if there is none. */
export function decodeTokenAnswer(message: Uint8Array): string | undefined {
  try {
    const svid = bytesOf(message, 1);
    const token = svid === undefined ? undefined : bytesOf(svid, 2);
    const text = token === undefined ? undefined : fromUtf8(token);
    return text === '' ? undefined : text;
  } catch (error) {
    if (error instanceof ProtobufError) return undefined;
    throw error;
  }
}

function bytesOf(message: Uint8Array, number: number): Uint8Array | undefined {
  const value = readFields(message).find((field) => field.number === number)?.value;
  return typeof value === 'bigint' ? undefined : value;
}
