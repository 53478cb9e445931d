/**
 * Finds the log entry of a signature that embeds none: Rekor v1's index by certificate, then the entries, ten a
 * request. The search also gives entries of other objects signed under the same certificate (GHSA-8pmp-678w-c8xx), so
 * an entry is chosen by what its body says, and everything fetched is kept: the next object costs nothing.
 * Nothing is proved here: core/verify.ts judges what was found like any other entry.
 */

import { equal, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
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
/** Rekor's own limit of one retrieval. */
const BATCH = 10;
/** One login signs this much at most before we stop looking: a hostile log must not keep us busy (threat R18). */
const MAX_ENTRIES = 2000;

/** A log that can be asked. */
export interface SearchableLog {
  readonly send: HttpSend;
  /** Base address of a Rekor v1 log. */
  readonly rekorUrl: string;
}

export interface LogSearch {
  readonly crypto: Crypto;
  /** Called only for what is not kept: most of the time nobody needs a network. @throws SignetError */
  readonly log: () => Promise<SearchableLog>;
  /** Where found entries are kept; absent: only in this process. */
  readonly directory?: string | undefined;
}

/** One process's searches: entries found for one object serve the next. */
export interface LogFinder {
  /**
   * The entry about one of the object's names under this certificate; undefined when the log knows none.
   * `fresh` asks the log even if an entry is kept: for when the kept one does not verify.
   * @throws ServiceError
   */
  readonly find: (
    lookup: LogLookup,
    options?: { readonly fresh?: boolean },
  ) => Promise<TransparencyLogEntry | undefined>;
}

/** A finder that remembers, in memory and on disk. */
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

/** One search by itself. @throws ServiceError */
export function findLogEntry(
  lookup: LogLookup,
  search: LogSearch,
): Promise<TransparencyLogEntry | undefined> {
  return createLogFinder(search).find(lookup);
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

/** What a hashedrekord body is about; undefined for other kinds. */
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

/** Fetches what is not kept yet, and whatever is about the object in question: if it were usable, nobody would ask. */
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

/** @throws ServiceError */
export function uuidsFromAnswer(answer: HttpAnswer, url: string): readonly string[] {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const value = answerValue(answer, SERVICE);
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string' && UUID.test(one))) {
    throw badAnswer(SERVICE, 'not a list of entries', answer);
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

/** Entries that are what their name says (UUID = leaf hash of the body) and that were asked for. @throws ServiceError */
export function entriesFromAnswer(
  answer: HttpAnswer,
  { url, crypto, batch, certificatePem }: Retrieved,
): readonly FoundEntry[] {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  const value = answerValue(answer, SERVICE);
  if (!Array.isArray(value) || value.length > BATCH)
    throw badAnswer(SERVICE, 'not a list of entries', answer);
  const missing = new Set(batch.map(leafOf));
  const found = value.flatMap((item: unknown) => {
    const entries = typeof item === 'object' && item !== null ? Object.entries(item) : [];
    return entries.flatMap(([uuid, answered]: readonly [string, unknown]) => {
      const body = readEntry(answered)?.canonicalizedBody;
      const leaf = leafOf(uuid);
      if (body === undefined || !missing.has(leaf)) return [];
      if (!equal(leafHash(crypto, body), fromHex(leaf) ?? new Uint8Array())) return [];
      missing.delete(leaf);
      // entries of other kinds are there, and about nothing that is asked for here
      const subject = bodySubject(body);
      if (subject === undefined) return [];
      if (subject.certificatePem !== certificatePem)
        throw badAnswer(SERVICE, 'it names entries of another certificate', answer);
      return [{ leaf, digest: subject.digest, answer: answered }];
    });
  });
  // what it does not show must not count as not logged
  if (missing.size > 0)
    throw badAnswer(SERVICE, 'it does not give the entries that it names', answer);
  return found;
}
