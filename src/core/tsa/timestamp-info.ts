/** Reads the content of a timestamp (TSTInfo, RFC 3161 §2.4.2), and the answer around a token. Reading proves nothing. */

import {
  children,
  contextConstructed,
  cursor,
  expect,
  expectDer,
  readIntegerBytes,
  readSmallInteger,
  readTime,
  Tag,
} from '../cms/der.ts';
import { encode } from '../cms/der-writer.ts';
import type { HashAlgorithm } from '../crypto.ts';
import { Refusal } from '../verdict.ts';
import { readDigestAlgorithm } from '../x509/algorithms.ts';

export interface TimestampInfo {
  readonly imprintHash: HashAlgorithm;
  readonly imprint: Uint8Array;
  /** Unix seconds. */
  readonly time: number;
  /** Content octets of the nonce. Undefined if there is none. */
  readonly nonce: Uint8Array | undefined;
}

/** Returns the refusal of an invalid token. */
export function invalid(detail: string): Refusal {
  return new Refusal('timestamp-invalid', detail);
}

/** Reads a TSTInfo (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` */
export function readTimestampInfo(der: Uint8Array): TimestampInfo {
  const fields = cursor(expectDer(der, Tag.sequence), 10);
  if (readSmallInteger(fields.next(Tag.integer)) !== 1) throw invalid('TSTInfo of unknown version');
  fields.next(Tag.oid);
  const imprint = cursor(fields.next(Tag.sequence), 2);
  const imprintHash = readDigestAlgorithm(imprint.next(Tag.sequence));
  const hashed = imprint.next(Tag.octetString).content;
  imprint.end();
  if (imprintHash === undefined) throw invalid('imprint by an unsupported hash');
  readIntegerBytes(fields.next(Tag.integer));
  const time = readTime(fields.next(Tag.generalizedTime));
  fields.optional(Tag.sequence);
  fields.optional(Tag.boolean);
  const nonce = fields.optional(Tag.integer);
  fields.optional(contextConstructed(0));
  if (fields.optional(contextConstructed(1)) !== undefined) throw invalid('extensions in TSTInfo');
  fields.end();
  return { imprintHash, imprint: hashed, time, nonce: nonce && readIntegerBytes(nonce) };
}

/** Returns the token in a TimeStampResp (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` if it was not granted */
export function tokenFromResponse(der: Uint8Array): Uint8Array {
  const fields = cursor(expectDer(der, Tag.sequence), 2);
  const [status] = children(fields.next(Tag.sequence));
  const granted = readSmallInteger(expect(status, Tag.integer));
  if (granted > 1) throw invalid(`the authority answered with status ${granted}`);
  const token = fields.next(Tag.sequence).raw;
  fields.end();
  return token;
}

/** Returns the token as a granted response, which bundles need. */
export function responseFromToken(token: Uint8Array): Uint8Array {
  return encode(Tag.sequence, encode(Tag.sequence, Uint8Array.of(Tag.integer, 1, 0)), token);
}
