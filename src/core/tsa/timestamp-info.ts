/** What a timestamp says (TSTInfo, RFC 3161 §2.4.2), and the answer that a token comes in. Reading proves nothing. */

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
  /** Content octets of the nonce; undefined when there is none. */
  readonly nonce: Uint8Array | undefined;
}

/** The refusal of a token that cannot be believed, whoever signed it. */
export function invalid(detail: string): Refusal {
  return new Refusal('timestamp-invalid', detail);
}

/** TSTInfo (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` */
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

/** The token inside a granted TimeStampResp (RFC 3161 §2.4.2). @throws DerError, Refusal `timestamp-invalid` when not granted */
export function tokenFromResponse(der: Uint8Array): Uint8Array {
  const fields = cursor(expectDer(der, Tag.sequence), 2);
  const [status] = children(fields.next(Tag.sequence));
  const granted = readSmallInteger(expect(status, Tag.integer));
  if (granted > 1) throw invalid(`the authority answered with status ${granted}`);
  const token = fields.next(Tag.sequence).raw;
  fields.end();
  return token;
}

/** The same token as a granted response, for those who take only responses (bundles). */
export function responseFromToken(token: Uint8Array): Uint8Array {
  return encode(Tag.sequence, encode(Tag.sequence, Uint8Array.of(Tag.integer, 1, 0)), token);
}
