/**
 * Appends an entry to Rekor v1 (`/api/v1/log/entries`) or v2 (`/api/v2/log/entries`): a hashedrekord, or in v1 a dsse entry
 * for an envelope, because other programs look for envelopes in that form there. An answer counts only if its
 * entry holds the bytes that were sent, so that a log cannot make us embed another signer's entry (threat R14). The
 * log's own signatures are verified later, together with the finished signature.
 */

import { equal, fromHex, toBase64, toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { leafHash } from '../core/rekor/inclusion.ts';
import { logEntryFromRekorV1, logEntryFromRekorV2 } from '../core/rekor/log-answer.ts';
import {
  dsseV001Body,
  type HashedRekord,
  hashedRekordV001Body,
  hashedRekordV002Body,
  type TransparencyLogEntry,
} from '../core/rekor/log-entry.ts';
import { Refusal } from '../core/verdict.ts';
import { certificatePem } from '../core/x509/certificate.ts';
import { AnswerError, ServiceError } from '../errors.ts';
import { answerJson, badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';
import type { LogService } from './choose-servers.ts';

const SERVICE = 'the log';
const HINT = 'no signature was made and nothing is lost. Try again, or run: git signet doctor';
const UUID = /^(?:[0-9a-f]{16})?([0-9a-f]{64})$/;

/** An envelope, as Rekor v1 takes it. The log checks it, and records its digests alone. */
export interface LoggedEnvelope {
  /** JSON of the envelope, with its payload. */
  readonly text: string;
  readonly payload: Uint8Array;
}

/** What is logged. With an envelope, `digest` is that of its pre-authentication encoding. */
export interface LogRecord extends HashedRekord {
  readonly envelope?: LoggedEnvelope | undefined;
}

/** Returns the canonical body of the entry that this log makes of the record. */
export function loggedBody(
  version: LogService['version'],
  record: LogRecord,
  crypto: Crypto,
): Uint8Array {
  if (version === 2) return hashedRekordV002Body(record);
  const { envelope, signature, certificateDer } = record;
  if (envelope === undefined) return hashedRekordV001Body(record);
  const envelopeDigest = crypto.hash('sha256', utf8(envelope.text));
  const payloadDigest = crypto.hash('sha256', envelope.payload);
  return dsseV001Body({ envelopeDigest, payloadDigest, signature, certificateDer });
}

export interface LogContext {
  readonly send: HttpSend;
  readonly crypto: Crypto;
}

/**
 * Logs a signature and returns its log entry, with the body.
 * @throws ServiceError (`LOG_DUPLICATE`: sign again), AnswerError `LOG_ANSWER`
 */
export async function appendLogEntry(
  log: LogService,
  record: LogRecord,
  context: LogContext,
): Promise<TransparencyLogEntry> {
  if (log.version === 2) {
    const answer = await context.send(appendRequestV2(log.url, record));
    if (answer.status === 409) throw alreadyLogged(log.url);
    return logEntryFromAppendV2(answer, log.url, record);
  }
  const answer = await context.send(appendRequestV1(log.url, record));
  // a first attempt may have been logged although its answer was lost, so the entry that is there must be ours
  const settled =
    answer.status === 409 ? await context.send(existingEntryRequest(log.url, answer)) : answer;
  return logEntryFromAppendV1(settled, { url: log.url, record, crypto: context.crypto });
}

function post(url: string, body: string): HttpRequest {
  return {
    service: SERVICE,
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
    idempotent: true,
    hint: HINT,
  };
}

export function appendRequestV1(
  url: string,
  { digest, signature, certificateDer, envelope }: LogRecord,
): HttpRequest {
  const content = toBase64(utf8(certificatePem(certificateDer)));
  const proposed =
    envelope === undefined
      ? {
          kind: 'hashedrekord',
          spec: {
            data: { hash: { algorithm: 'sha256', value: toHex(digest) } },
            signature: { content: toBase64(signature), publicKey: { content } },
          },
        }
      : {
          kind: 'dsse',
          spec: { proposedContent: { envelope: envelope.text, verifiers: [content] } },
        };
  return post(`${url}/api/v1/log/entries`, JSON.stringify({ apiVersion: '0.0.1', ...proposed }));
}

export function appendRequestV2(
  url: string,
  { digest, signature, certificateDer }: HashedRekord,
): HttpRequest {
  const verifier = {
    x509Certificate: { rawBytes: toBase64(certificateDer) },
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  };
  const request = {
    digest: toBase64(digest),
    signature: { content: toBase64(signature), verifier },
  };
  return post(`${url}/api/v2/log/entries`, JSON.stringify({ hashedRekordRequestV002: request }));
}

/** A v2 log gives the proof of an entry only once. A new signature makes a new entry. */
function alreadyLogged(url: string): ServiceError {
  return new ServiceError(
    'LOG_DUPLICATE',
    `${SERVICE} (${new URL(url).host}) has this entry already, and does not give its proof again`,
    { hint: HINT },
  );
}

/**
 * Returns the request for the entry that a 409 names. It goes to the same host in any case (threat R15).
 * @throws AnswerError `LOG_ANSWER` if the answer names another host, or no entry
 */
export function existingEntryRequest(url: string, { headers }: HttpAnswer): HttpRequest {
  const location = URL.parse(headers.location ?? '', `${url}/`);
  const uuid = location?.pathname.split('/').at(-1) ?? '';
  if (location === null || location.host !== new URL(url).host || !UUID.test(uuid)) {
    throw wrong('it says that the entry exists, but not where', url);
  }
  return {
    service: SERVICE,
    method: 'GET',
    url: `${url}/api/v1/log/entries/${uuid}`,
    idempotent: true,
    hint: HINT,
  };
}

interface Sent {
  readonly url: string;
  readonly record: LogRecord;
  readonly crypto: Crypto;
}

/** Reads the entry from a v1 answer and checks that it is about what was sent. @throws ServiceError, AnswerError `LOG_ANSWER` */
export function logEntryFromAppendV1(
  answer: HttpAnswer,
  { url, record, crypto }: Sent,
): TransparencyLogEntry {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const [uuid, value] = onlyEntry(answer);
  const entry = understood(answer, () => logEntryFromRekorV1(value));
  const body = loggedBody(1, record, crypto);
  checkBody(entry, body, url);
  const leaf = UUID.exec(uuid)?.[1];
  if (leaf === undefined || !equal(fromHex(leaf) ?? new Uint8Array(), leafHash(crypto, body))) {
    throw wrong('its UUID belongs to another entry', url);
  }
  return entry;
}

function onlyEntry(answer: HttpAnswer): readonly [string, unknown] {
  const [first, ...others] = Object.entries(answerJson(answer, SERVICE));
  if (first === undefined || others.length > 0)
    throw badAnswer(SERVICE, 'it does not hold exactly one entry', answer);
  return first;
}

/** Reads the entry from a v2 answer and checks that it is about what was sent. @throws ServiceError, AnswerError `LOG_ANSWER` */
export function logEntryFromAppendV2(
  answer: HttpAnswer,
  url: string,
  record: HashedRekord,
): TransparencyLogEntry {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const entry = understood(answer, () => logEntryFromRekorV2(answerJson(answer, SERVICE)));
  if (entry.kind !== 'hashedrekord' || entry.version !== '0.0.2')
    throw wrong(`it is of kind ${entry.kind} ${entry.version}`, url);
  checkBody(entry, hashedRekordV002Body(record), url);
  return entry;
}

function checkBody(entry: TransparencyLogEntry, body: Uint8Array, url: string): void {
  const { canonicalizedBody: logged, inclusionProof: proof } = entry;
  if (logged === undefined || !equal(logged, body)) throw wrong('it is about something else', url);
  if (proof === undefined) throw wrong('it has no inclusion proof', url);
}

function understood(answer: HttpAnswer, read: () => TransparencyLogEntry): TransparencyLogEntry {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) throw badAnswer(SERVICE, error.message, answer);
    throw error;
  }
}

function wrong(reason: string, url: string): AnswerError {
  return new AnswerError(
    'LOG_ANSWER',
    `${SERVICE} (${new URL(url).host}) answered with an entry that is not ours: ${reason}`,
    { hint: 'no signature was made. Check that signet.rekorUrl names the right log' },
  );
}
