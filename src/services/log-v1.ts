/**
 * Reads a Rekor v1 log: its trees (one a shard), consistency proofs, entries by position, and the search index by e-mail.
 * The index is the server's word. A reader that needs all entries reads them by position.
 */

import { concat, fromHex } from '../core/bytes.ts';
import { isRecord, type Json } from '../core/json.ts';
import { logEntryFromRekorV1 } from '../core/rekor/log-answer.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import { Refusal } from '../core/verdict.ts';
import { ServiceError } from '../errors.ts';
import { answerJson, answerValue, badAnswer, isSuccess, refusedBy } from '../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../http/message.ts';
import { inOrder, type LogBatch, type LogReader } from './log-reader.ts';

const SERVICE = 'the log';
/** Rekor's own limit for one request. */
const AT_ONCE = 10;
const AHEAD = 8;
const MAX_ANSWER = 16 * 1024 * 1024;
/** Of one entry in base64. Rekor takes requests of up to 32 MiB. */
const MAX_ENTRY = 64 * 1024 * 1024;
const MAX_SHARDS = 64;
/** The most entries of one address that the index may name. */
const MAX_NAMED = 20_000;
const UUID = /^(?:[0-9a-f]{16})?([0-9a-f]{64})$/;

/** An entry by its leaf hash in hex, as the log answers with it. */
export interface NamedEntry {
  readonly leaf: string;
  readonly entry: TransparencyLogEntry;
}

interface Tree {
  readonly id: string;
  readonly size: number;
  readonly note: string;
}

function ask(send: HttpSend, request: Pick<HttpRequest, 'method' | 'url' | 'body' | 'limit'>) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const common = { service: SERVICE, headers, idempotent: true, limit: MAX_ANSWER };
  return send({ ...common, ...request });
}

function success(answer: HttpAnswer, url: string): HttpAnswer {
  if (!isSuccess(answer)) throw refusedBy(SERVICE, url, answer);
  return answer;
}

function treeOf(json: Json, answer: HttpAnswer): Tree {
  const { treeID: id, treeSize: size, signedTreeHead: note } = json;
  const wellFormed =
    typeof id === 'string' &&
    /^\d{1,20}$/.test(id) &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    typeof note === 'string';
  if (!wellFormed) throw badAnswer(SERVICE, 'it does not describe its trees', answer);
  return { id, size, note };
}

async function readTrees(base: string, send: HttpSend): Promise<readonly Tree[]> {
  const url = `${base}/api/v1/log`;
  const answer = success(await ask(send, { method: 'GET', url }), url);
  const json = answerJson(answer, SERVICE);
  const ended = json['inactiveShards'] ?? [];
  if (!Array.isArray(ended) || ended.length > MAX_SHARDS || !ended.every(isRecord))
    throw badAnswer(SERVICE, 'it does not describe its trees', answer);
  return [...ended, json].map((each) => treeOf(each, answer));
}

/** Reads the entries of an answer, by leaf hash. @throws ServiceError */
function entriesOf(answer: HttpAnswer): readonly NamedEntry[] {
  const value = answerValue(answer, SERVICE);
  if (!Array.isArray(value)) throw badAnswer(SERVICE, 'it is not a list of entries', answer);
  return value.flatMap((item: unknown) =>
    Object.entries(isRecord(item) ? item : {}).map(([uuid, entry]) => {
      const leaf = UUID.exec(uuid)?.[1];
      if (leaf === undefined) throw badAnswer(SERVICE, 'an entry has no name', answer);
      try {
        return { leaf, entry: logEntryFromRekorV1(entry) };
      } catch (error) {
        if (error instanceof Refusal) throw badAnswer(SERVICE, error.message, answer);
        throw error;
      }
    }),
  );
}

/** Fetches up to ten entries by name or by position. @throws ServiceError */
async function retrieve(
  base: string,
  send: HttpSend,
  wanted: { readonly entryUUIDs: readonly string[] } | { readonly logIndexes: readonly number[] },
  limit = MAX_ANSWER,
): Promise<readonly NamedEntry[]> {
  const url = `${base}/api/v1/log/entries/retrieve`;
  const body = JSON.stringify(wanted);
  return entriesOf(success(await ask(send, { method: 'POST', url, body, limit }), url));
}

const ZERO = Uint8Array.of(0);

function treeReader(base: string, send: HttpSend, tree: Tree, firstIndex: number): LogReader {
  const host = { host: new URL(base).host };
  const read = async (from: number, to: number, limit?: number): Promise<LogBatch> => {
    const logIndexes = Array.from({ length: to - from }, (_, at) => firstIndex + from + at);
    const found = await retrieve(base, send, { logIndexes }, limit);
    const byIndex = new Map(found.map(({ entry }) => [Number(entry.logIndex), entry]));
    const entries = logIndexes.map((index) => {
      const entry = byIndex.get(index);
      if (entry?.canonicalizedBody === undefined)
        throw badAnswer(SERVICE, `it does not give entry ${index}`, host);
      return entry;
    });
    const bodies = entries.map(({ canonicalizedBody }) => canonicalizedBody ?? ZERO);
    return { from, entries, leaves: bodies.map((body) => concat(ZERO, body)) };
  };
  /** Ten large entries may be too long for one answer, and must not stop the reader for good. */
  const batch = async ([from, to]: readonly [number, number]): Promise<LogBatch> => {
    try {
      return await read(from, to);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'SERVICE_ANSWER') throw error;
      const single: LogBatch[] = [];
      for (let at = from; at < to; at += 1) single.push(await read(at, at + 1, MAX_ENTRY));
      return {
        from,
        leaves: single.flatMap(({ leaves }) => leaves),
        entries: single.flatMap(({ entries = [] }) => entries),
      };
    }
  };
  return {
    kind: 'rekor v1',
    url: base,
    firstIndex,
    checkpoint: async () => {
      const now = (await readTrees(base, send)).find(({ id }) => id === tree.id);
      if (now === undefined) throw badAnswer(SERVICE, `it has no tree ${tree.id} any more`, host);
      return now.note;
    },
    consistency: async (from, to) => {
      if (from === 0 || from === to) return [];
      const query = `firstSize=${from}&lastSize=${to}&treeID=${tree.id}`;
      const url = `${base}/api/v1/log/proof?${query}`;
      const answer = success(await ask(send, { method: 'GET', url }), url);
      const { hashes } = answerJson(answer, SERVICE);
      if (!Array.isArray(hashes) || hashes.length > 128)
        throw badAnswer(SERVICE, 'it is not a consistency proof', answer);
      return hashes.map((hash: unknown) => {
        const bytes = typeof hash === 'string' ? fromHex(hash) : undefined;
        if (bytes === undefined) throw badAnswer(SERVICE, 'it is not a consistency proof', answer);
        return bytes;
      });
    },
    batches: (from, to) => inOrder(tens(from, to), AHEAD, batch),
  };
}

function* tens(from: number, to: number): Generator<readonly [number, number]> {
  for (let at = from; at < to; at += AT_ONCE) yield [at, Math.min(to, at + AT_ONCE)];
}

/** Opens the trees of the log at this address: ended shards in order, then the tree that grows. @throws ServiceError */
export async function openRekorV1(base: string, send: HttpSend): Promise<readonly LogReader[]> {
  const trees = await readTrees(base, send);
  let first = 0;
  return trees.map((tree) => {
    const reader = treeReader(base, send, tree, first);
    first += tree.size;
    return reader;
  });
}

/** Returns the leaf hashes (hex) of the entries that the index names for an e-mail address. Proves nothing. @throws ServiceError */
export async function searchByEmail(
  base: string,
  email: string,
  send: HttpSend,
): Promise<readonly string[]> {
  const url = `${base}/api/v1/index/retrieve`;
  const body = JSON.stringify({ email });
  const answer = success(await ask(send, { method: 'POST', url, body }), url);
  const value = answerValue(answer, SERVICE);
  const uuids = Array.isArray(value) ? value.map((uuid) => UUID.exec(String(uuid))?.[1]) : [];
  if (!Array.isArray(value) || uuids.includes(undefined))
    throw badAnswer(SERVICE, 'it is not a list of entries', answer);
  if (uuids.length > MAX_NAMED)
    throw badAnswer(SERVICE, `over ${MAX_NAMED} entries for one address. Use --scan`, answer);
  return [...new Set(uuids.map(String))];
}

/** Yields these entries, ten a request. An entry that the log names but does not give is an error. @throws ServiceError */
export async function* entriesByLeaf(
  base: string,
  leaves: readonly string[],
  send: HttpSend,
): AsyncGenerator<readonly NamedEntry[]> {
  const groups = [...tens(0, leaves.length)].map(([from, to]) => leaves.slice(from, to));
  yield* inOrder(groups, AHEAD, async (group) => {
    const found = await retrieve(base, send, { entryUUIDs: group });
    const missing = group.filter((leaf) => !found.some((one) => one.leaf === leaf));
    if (missing.length > 0) {
      const host = { host: new URL(base).host };
      throw badAnswer(SERVICE, 'it does not give the entries that it names', host);
    }
    return found;
  });
}
