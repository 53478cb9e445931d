/**
 * Reads one log as far as it goes: each of its trees is held to what it signed before, and its entries are looked at, in
 * order or by the search index. The state is kept at each step, so the next run goes on where this one ended.
 */

import { toHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { TrustedLog } from '../core/trust/trust-material.ts';
import { ServiceError } from '../errors.ts';
import type { HttpSend } from '../http/message.ts';
import type { LogReader } from '../services/log-reader.ts';
import type { LedgerLine } from '../signing/ledger.ts';
import { LogLie, newestHead, readNote, type SignedHead } from './follow.ts';
import type { EntryJudge, ExplicableEntry } from './logged-signature.ts';
import type { FoundLog } from './logs.ts';
import { scanEntries } from './scan.ts';
import { namedLeaves, searchIndex } from './search.ts';
import {
  EMPTY,
  type LogState,
  newState,
  readState,
  readStates,
  type StatePlace,
  writeState,
} from './state.ts';

export interface ReadContext {
  readonly place: StatePlace;
  readonly send: HttpSend;
  readonly crypto: Crypto;
  readonly judge: EntryJudge;
  /** Unix seconds. */
  readonly now: () => number;
  /** Reads the entries of Rekor v1 in order, and does not ask its index. */
  readonly scan: boolean;
  /** Begins at the present end of what was never read. */
  readonly init: boolean;
  readonly isExplained: (entry: ExplicableEntry) => Promise<boolean>;
  /** The signatures that this machine made. */
  readonly ledger: readonly LedgerLine[];
  /** Throws if another monitor has taken over. */
  readonly check: () => void;
  readonly onProgress: (line: string | undefined) => void;
  readonly say: (line: string) => void;
  readonly wait: () => Promise<void>;
}

/** How far a tree, or an index, was read. */
export interface ReadOutcome {
  readonly url: string;
  readonly origin: string;
  readonly how: 'entries' | 'index' | 'checkpoint';
  /** Entries that were looked at in this run. */
  readonly read: number;
  /** Entries of the tree. */
  readonly size: number;
  readonly unverified: number;
}

/** Reads all trees of a log, and its index if that is how it is read. @throws ServiceError, LogLie, ConfigError */
export async function* readLog(found: FoundLog, context: ReadContext): AsyncGenerator<ReadOutcome> {
  const { log, url, trees } = found;
  const seen = new Set<string>();
  let head: SignedHead | undefined;
  for (const reader of trees) {
    const outcome = await readTree(reader, log, context);
    head = outcome.head;
    seen.add(outcome.origin);
    const { head: _, ...told } = outcome;
    yield told;
  }
  refuseLostTree(log, seen, head, context);
  const byIndex = !context.scan && trees.some(({ kind }) => kind === 'rekor v1');
  if (byIndex) yield readIndex({ log, url, size: head?.size ?? 0 }, context);
}

/** A tree that the log signed is still there, or listed as ended. @throws LogLie `another-tree` */
function refuseLostTree(
  log: TrustedLog,
  seen: ReadonlySet<string>,
  head: SignedHead | undefined,
  { place }: ReadContext,
): void {
  const lost = readStates(place).find(
    ({ kind, logId, origin }) => kind === 'tree' && logId === log.id && !seen.has(origin),
  );
  if (lost === undefined || head === undefined) return;
  const detail = `its tree '${lost.origin}' is gone: it is neither the one that grows nor an ended one`;
  throw new LogLie('another-tree', detail, { earlier: lost.checkpoint, later: head.note });
}

async function readTree(
  reader: LogReader,
  log: TrustedLog,
  context: ReadContext,
): Promise<ReadOutcome & { readonly head: SignedHead }> {
  const { place, crypto, judge, now, scan, init, wait, check } = context;
  const { url } = reader;
  const { origin } = readNote(await reader.checkpoint(), url);
  let state =
    readState(place, { kind: 'tree', logId: log.id, origin }) ??
    newState('tree', { origin, logId: log.id, url });
  const head = await newestHead({ reader, log, crypto, kept: state.checkpoint, wait });
  const keep = async (change: Partial<LogState>): Promise<void> => {
    check();
    state = { ...state, ...change, url };
    await writeState(place, state);
  };
  const first = state.checkpoint === '';
  const watched = judge.watch.rules.map(({ name }) => name);
  sayNewcomers(state, watched, context);
  await keep({
    checkpoint: head.note,
    watched,
    ...(first && init ? { cursor: { size: head.size, root: toHex(head.root) } } : {}),
  });
  const outcome = { url, origin, head, size: head.size };
  if (reader.kind === 'rekor v1' && !scan)
    return { ...outcome, how: 'checkpoint', read: 0, unverified: 0 };
  const counts = await scanEntries(state.cursor ?? EMPTY, {
    ...{ reader, log, crypto, judge, head, isExplained: context.isExplained },
    keep: (cursor, found) => keep({ cursor, pending: [...state.pending, ...found] }),
    onProgress: (read, of) =>
      context.onProgress(`${new URL(url).host}: ${read} of ${of} entries read`),
  });
  const end = log.validFor.end;
  const ended = end !== undefined && end < now();
  await keep({ readToEnd: now(), ...(ended ? { ended } : {}) });
  return { ...outcome, how: 'entries', ...counts };
}

/** Says for whom entries that were read before were not searched. */
function sayNewcomers(
  { watched: before, cursor, url }: LogState,
  watched: readonly string[],
  { say }: ReadContext,
): void {
  if (cursor === undefined || cursor.size === 0) return;
  const added = watched.filter((name) => !before.includes(name));
  if (added.length === 0) return;
  say(`${url}: ${added.join(', ')}: looked for from entry ${cursor.size} on, not before it`);
}

interface IndexedLog {
  readonly log: TrustedLog;
  readonly url: string;
  readonly size: number;
}

/** Asks the search index of a Rekor v1 log. @throws ServiceError if it hides what must be there, LogLie */
async function readIndex(
  { log, url, size }: IndexedLog,
  context: ReadContext,
): Promise<ReadOutcome> {
  const { place, send, crypto, judge, now, init, check, isExplained } = context;
  const kept = readState(place, { kind: 'index', logId: log.id, origin: url });
  const state = kept ?? newState('index', { origin: url, logId: log.id, url });
  const outcome = { url, origin: url, how: 'index', size } as const;
  const searching = { url, send, judge };
  const watched = judge.watch.emails;
  if (kept === undefined && init) {
    const seen = await namedLeaves(searching);
    check();
    await writeState(place, { ...state, seen, watched, readToEnd: now() });
    return { ...outcome, read: 0, unverified: 0 };
  }
  const seen = new Set(state.seen);
  const result = await searchIndex({ ...searching, log, crypto, seen, isExplained });
  for (const leaf of result.named) seen.add(leaf);
  check();
  const hidden = hiddenLine(url, new Set(result.named), context);
  await writeState(place, {
    ...{ ...state, watched, seen: [...seen], pending: [...state.pending, ...result.found] },
    ...(hidden === undefined ? { readToEnd: now() } : {}),
  });
  if (hidden !== undefined) {
    const what = `${new URL(url).host}: the search index does not name entry ${hidden.index}, which this machine's ledger knows`;
    throw new ServiceError('SERVICE_ANSWER', what, {
      hint: 'the index may hide others too. Read all entries: git signet monitor --scan',
    });
  }
  return { ...outcome, ...result.counts };
}

/** Returns a signature of the ledger, made a while ago, that the index should name and does not. */
function hiddenLine(
  url: string,
  named: ReadonlySet<string>,
  { ledger, judge, now }: ReadContext,
): LedgerLine | undefined {
  // the server writes its index shortly after the entry
  const settled = now() - INDEX_SECONDS;
  return ledger.find(
    ({ log, leaf, identity, index, time }) =>
      log === url &&
      index !== undefined &&
      time < settled &&
      judge.watch.emails.includes(identity) &&
      !named.has(leaf),
  );
}

const INDEX_SECONDS = 60;
