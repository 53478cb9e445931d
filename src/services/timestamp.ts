/**
 * Asks a timestamp authority (RFC 3161) for a token over a signature value. The answer counts only if it is about that
 * signature and this request. The verifier decides whether the authority is trusted.
 */

import { equal } from '../core/bytes.ts';
import { DerError, Tag } from '../core/cms/der.ts';
import { encode, encodeOid, encodeUnsigned } from '../core/cms/der-writer.ts';
import type { Crypto } from '../core/crypto.ts';
import { tokenFromResponse } from '../core/tsa/timestamp-info.ts';
import { readTimestampToken } from '../core/tsa/timestamp-token.ts';
import { Refusal } from '../core/verdict.ts';
import { AnswerError } from '../errors.ts';
import { isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';

const SERVICE = 'the timestamp authority';
const SHA256 = '2.16.840.1.101.3.4.2.1';

export interface TimestampQuestion {
  /** SHA-256 of the signature value. */
  readonly imprint: Uint8Array;
  /** 16 random octets. */
  readonly nonce: Uint8Array;
}

/** Requests a token over `signature` and returns it (a DER ContentInfo). @throws ServiceError, AnswerError `TIMESTAMP_ANSWER` */
export async function requestTimestamp(
  url: string,
  signature: Uint8Array,
  { send, crypto }: { readonly send: HttpSend; readonly crypto: Crypto },
): Promise<Uint8Array> {
  const question = {
    imprint: crypto.hash('sha256', signature),
    nonce: globalThis.crypto.getRandomValues(new Uint8Array(16)),
  };
  const answer = await send(timestampRequest(url, question));
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  return timestampFromAnswer(answer, question);
}

export function timestampRequest(url: string, { imprint, nonce }: TimestampQuestion): HttpRequest {
  return {
    service: SERVICE,
    method: 'POST',
    url,
    headers: {
      'content-type': 'application/timestamp-query',
      accept: 'application/timestamp-reply',
    },
    body: encode(
      Tag.sequence,
      encodeUnsigned(Uint8Array.of(1)),
      encode(
        Tag.sequence,
        encode(Tag.sequence, encodeOid(SHA256)),
        encode(Tag.octetString, imprint),
      ),
      encodeUnsigned(nonce),
      encode(Tag.boolean, Uint8Array.of(0xff)),
    ),
    idempotent: true,
    hint: 'no signature was made and nothing is lost. Try again, or run: git signet doctor',
  };
}

/** Reads the token from an answer. @throws AnswerError `TIMESTAMP_ANSWER` if it was not granted, or is about something else */
export function timestampFromAnswer(
  { body, host }: Pick<HttpAnswer, 'body' | 'host'>,
  { imprint, nonce }: TimestampQuestion,
): Uint8Array {
  const wrong = wrongFrom(host);
  try {
    const token = tokenFromResponse(body);
    const { info } = readTimestampToken(token);
    if (info.imprintHash !== 'sha256' || !equal(info.imprint, imprint))
      throw wrong('it is about another signature');
    const expected = encodeUnsigned(nonce);
    if (info.nonce === undefined || !equal(encode(Tag.integer, info.nonce), expected)) {
      throw wrong('it answers another request (nonce)');
    }
    return token;
  } catch (error) {
    if (error instanceof Refusal || error instanceof DerError) throw wrong(error.message, error);
    throw error;
  }
}

const wrongFrom =
  (host = '') =>
  (reason: string, cause?: unknown): AnswerError =>
    new AnswerError(
      'TIMESTAMP_ANSWER',
      `${SERVICE}${host === '' ? '' : ` (${host})`} gave a token that cannot be used: ${reason}`,
      {
        hint: 'no signature was made. Check that signet.timestampUrl names the right server',
        cause,
      },
    );
