/**
 * Finds the log entry of a signature that embeds none. It asks Rekor v1's index for the certificate, then fetches the
 * entries, ten a request. The index also names entries of other objects under the same certificate
 * (GHSA-8pmp-678w-c8xx), so an entry is chosen by its body. All fetched entries are kept for the next object.
 * Nothing is proved here. core/verify.ts verifies the entry.
 */

import { equal, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { isRecord } from '../core/json.ts';
import type { LogLookup } from '../core/log-lookup.ts';
import { leafHash } from '../core/rekor/inclusion.ts';
import { logEntryFromRekorV1 } from '../core/rekor/log-answer.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import { Refusal } from '../core/verdict.ts';
import { answerValue, badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';
import { type EntryStore, layered, memoryStore, openEntryStore } from './entry-store.ts';

const SERVICE = 'the log';
const UUID = /^(?:[0-9a-f]{16})?([0-9a-f]{64})$/;
/** Rekor's own limit for one request. */
const BATCH = 10;
/** The most entries of one certificate that are read, so that a hostile log cannot keep us busy (threat R18). */
const MAX_ENTRIES = 2000;

export interface SearchableLog {
  readonly send: HttpSend;
  /** Base address of a Rekor v1 log. */
  readonly rekorUrl: string;
}

export interface LogSearch {
  readonly crypto: Crypto;
  /** Called only if no entry is kept, so that most lookups need no network. @throws SignetError */
  readonly log: () => Promise<SearchableLog>;
  /** Where entries are kept. Absent: only in this process. */
  readonly directory?: string | undefined;
}

/** Finds log entries, and keeps those of other objects for the next lookup. */
export interface LogFinder {
  /**
   * Finds the entry about one of the object's names under this certificate, or undefined if the log has none.
   * With `fresh`, the log is asked even if an entry is kept, because the kept entry did not verify.
   * @throws ServiceError
   */
  readonly find: (
    lookup: LogLookup,
    options?: { readonly fresh?: boolean },
  ) => Promise<TransparencyLogEntry | undefined>;
}

/** Creates a finder that keeps entries in memory, and on disk if `search.directory` is given. */
export function createLogFinder(search: LogSearch): LogFinder {
  const memory = memoryStore();
  const store =
    search.directory === undefined ? memory : layered(memory, openEntryStore(search.directory));
  const running = new Map<string, Promise<void>>();
  return {
    find: async (lookup, options) => {
      const certificate = toHex(search.crypto.hash('sha256', pemBytes(lookup.certificatePem)));
      if (options?.fresh !== true) {
        const kept = await findKept(store, certificate, lookup, search.crypto);
        if (kept !== undefined) return kept;
      }
      const fetching = running.get(certificate) ?? fetchEntries(lookup, certificate, store, search);
      running.set(certificate, fetching);
      try {
        await fetching;
      } finally {
        running.delete(certificate);
      }
      return findKept(store, certificate, lookup, search.crypto);
    },
  };
}

function pemBytes(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64'));
}

async function findKept(
  store: EntryStore,
  certificate: string,
  { certificatePem, objectIds }: LogLookup,
  crypto: Crypto,
): Promise<TransparencyLogEntry | undefined> {
  for (const id of objectIds) {
    const digest = toHex(crypto.hash('sha256', utf8(id)));
    for (const answer of await store.load({ certificate, digest })) {
      const entry = readEntry(answer);
      const about = entry?.canonicalizedBody && bodySubject(entry.canonicalizedBody);
      if (about?.digest === digest && about.certificatePem === certificatePem) return entry;
    }
  }
  return undefined;
}

function readEntry(answer: unknown): TransparencyLogEntry | undefined {
  try {
    return logEntryFromRekorV1(answer);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

interface Subject {
  readonly digest: string;
  readonly certificatePem: string;
}

/** Reads the subject of a hashedrekord body, or undefined for other kinds. */
function bodySubject(body: Uint8Array): Subject | undefined {
  const text = fromUtf8(body) ?? '';
  const digest = /^\{"apiVersion":"0\.0\.1","kind":"hashedrekord".*"value":"([0-9a-f]{64})"/.exec(
    text,
  )?.[1];
  const key = /"publicKey":\{"content":"([A-Za-z0-9+/=]+)"\}/.exec(text)?.[1];
  const pem = key === undefined ? undefined : fromBase64(key);
  if (digest === undefined || pem === undefined) return undefined;
  return { digest, certificatePem: fromUtf8(pem) ?? '' };
}

/** Fetches the entries that are not kept yet, and again those about this object, because the kept ones did not serve. */
async function fetchEntries(
  { certificatePem, objectIds }: LogLookup,
  certificate: string,
  store: EntryStore,
  { log, crypto }: LogSearch,
): Promise<void> {
  const { send, rekorUrl } = await log();
  const uuids = uuidsFromAnswer(await send(indexRequest(rekorUrl, certificatePem)), rekorUrl);
  const known = await store.leaves(certificate);
  const asked = new Set(objectIds.map((id) => toHex(crypto.hash('sha256', utf8(id)))));
  const wanted = uuids.filter((uuid) => {
    const about = known.get(leafOf(uuid));
    return about === undefined || asked.has(about);
  });
  for (let at = 0; at < wanted.length; at += BATCH) {
    const batch = wanted.slice(at, at + BATCH);
    const found = entriesFromAnswer(await send(retrieveRequest(rekorUrl, batch)), {
      url: rekorUrl,
      crypto,
      batch,
      certificatePem,
    });
    for (const { leaf, digest, answer } of found)
      await store.save({ certificate, digest, leaf }, answer);
  }
}

export function indexRequest(rekorUrl: string, certificatePem: string): HttpRequest {
  const publicKey = { format: 'x509', content: toBase64(utf8(certificatePem)) };
  return post(`${rekorUrl}/api/v1/index/retrieve`, { publicKey });
}

export function retrieveRequest(rekorUrl: string, uuids: readonly string[]): HttpRequest {
  return post(`${rekorUrl}/api/v1/log/entries/retrieve`, { entryUUIDs: uuids });
}

function post(url: string, body: object): HttpRequest {
  return {
    service: SERVICE,
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    idempotent: true,
    limit: 4 * 1024 * 1024,
  };
}

function leafOf(uuid: string): string {
  return UUID.exec(uuid)?.[1] ?? '';
}

/** Reads the UUIDs of an index answer. @throws ServiceError */
export function uuidsFromAnswer(answer: HttpAnswer, url: string): readonly string[] {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const value = answerValue(answer, SERVICE);
  if (
    !Array.isArray(value) ||
    !value.every((uuid) => typeof uuid === 'string' && UUID.test(uuid))
  ) {
    throw badAnswer(SERVICE, 'it is not a list of entries', answer);
  }
  if (value.length > MAX_ENTRIES)
    throw badAnswer(SERVICE, `over ${MAX_ENTRIES} entries for one certificate`, answer);
  return [...new Set<string>(value)];
}

interface FoundEntry {
  readonly leaf: string;
  readonly digest: string;
  readonly answer: unknown;
}

interface Retrieved {
  readonly url: string;
  readonly crypto: Crypto;
  readonly batch: readonly string[];
  readonly certificatePem: string;
}

/** Reads the entries of a batch whose UUID is the leaf hash of their body. @throws ServiceError */
export function entriesFromAnswer(
  answer: HttpAnswer,
  { url, crypto, batch, certificatePem }: Retrieved,
): readonly FoundEntry[] {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const value = answerValue(answer, SERVICE);
  if (!Array.isArray(value) || value.length > BATCH)
    throw badAnswer(SERVICE, 'it is not a list of entries', answer);
  const missing = new Set(batch.map(leafOf));
  const found = value.flatMap((item: unknown) => {
    const entries = isRecord(item) ? Object.entries(item) : [];
    return entries.flatMap(([uuid, answered]) => {
      const body = readEntry(answered)?.canonicalizedBody;
      const leaf = leafOf(uuid);
      if (body === undefined || !missing.has(leaf)) return [];
      if (!equal(leafHash(crypto, body), fromHex(leaf) ?? new Uint8Array())) return [];
      missing.delete(leaf);
      // the index also names entries of other kinds
      const subject = bodySubject(body);
      if (subject === undefined) return [];
      if (subject.certificatePem !== certificatePem)
        throw badAnswer(SERVICE, 'it names entries of another certificate', answer);
      return [{ leaf, digest: subject.digest, answer: answered }];
    });
  });
  // an entry that the log hides must not look like an entry that was never logged
  if (missing.size > 0)
    throw badAnswer(SERVICE, 'it does not give the entries that it names', answer);
  return found;
}
