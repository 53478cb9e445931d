/**
 * Reads the entries of a tree in order. Every entry is hashed into the tree that the log signed, so none can be left out
 * or changed. The position moves on only over entries that are proved to be in that tree, and with all that was found.
 */

import { equal, toHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { Frontier } from '../core/rekor/consistency.ts';
import { checkInclusionPromise } from '../core/rekor/inclusion.ts';
import type { TransparencyLogEntry } from '../core/rekor/log-entry.ts';
import type { TrustedLog } from '../core/trust/trust-material.ts';
import { Refusal } from '../core/verdict.ts';
import type { LogBatch, LogReader } from '../services/log-reader.ts';
import { collectGarbage } from '../system/runtime.ts';
import { LogLie, provedTree, type SignedHead } from './follow.ts';
import type { EntryJudge, ExplicableEntry } from './logged-signature.ts';
import type { LogFinding, ScanCursor } from './state.ts';

/** Entries after which the position is proved and kept. */
const TILES_WINDOW = 65_536;
const V1_WINDOW = 2000;
/** Without it, the bundles that were read fill a hundred megabytes. */
const MUCH_GARBAGE = 32 * 1024 * 1024;
/** Findings after which it is kept too, so that they do not fill the memory. */
const MAX_HELD = 500;

export interface ScanContext {
  readonly reader: LogReader;
  readonly log: TrustedLog;
  readonly crypto: Crypto;
  readonly judge: EntryJudge;
  /** The tree to read up to. */
  readonly head: SignedHead;
  /** Keeps the position, and what was found since the last one. It is on the disk when this resolves. */
  readonly keep: (cursor: ScanCursor, found: readonly LogFinding[]) => Promise<void>;
  /** Returns true if a signature is explained, so that it needs no place in memory. */
  readonly isExplained: (entry: ExplicableEntry) => Promise<boolean>;
  /** Called with the number of entries that were read. */
  readonly onProgress?: ((read: number, of: number) => void) | undefined;
}

/** What a scan saw besides its findings. */
export interface ScanCounts {
  read: number;
  /** Entries with a certificate of a watched name that no trusted authority vouches for. */
  unverified: number;
}

interface Scan extends ScanContext {
  readonly counts: ScanCounts;
  readonly found: LogFinding[];
  /** Bytes of entries since the last garbage collection. */
  garbage: number;
}

/** Reads from `cursor` up to `head`. @throws ServiceError (what came before is kept), LogLie */
export async function scanEntries(cursor: ScanCursor, context: ScanContext): Promise<ScanCounts> {
  const { reader, crypto, head, keep } = context;
  const counts: ScanCounts = { read: 0, unverified: 0 };
  if (cursor.size >= head.size) return counts;
  const start = { size: cursor.size, root: Buffer.from(cursor.root, 'hex') };
  const tree =
    start.size === 0
      ? new Frontier(crypto)
      : await provedTree(reader, { crypto, earlier: start, head, kind: 'not-in-tree' });
  const scan: Scan = { ...context, counts, found: [], garbage: 0 };
  const window = reader.kind === 'tiles' ? TILES_WINDOW : V1_WINDOW;
  let kept = tree.size;
  const settle = async (): Promise<void> => {
    if (tree.size === kept) return;
    const root = await provedRoot(tree, context);
    await keep({ size: tree.size, root: toHex(root) }, scan.found.splice(0));
    kept = tree.size;
  };
  try {
    for await (const batch of reader.batches(cursor.size, head.size)) {
      await readBatch(batch, tree, scan);
      context.onProgress?.(tree.size - cursor.size, head.size - cursor.size);
      if (tree.size - kept >= window || scan.found.length >= MAX_HELD) await settle();
    }
  } catch (error) {
    // what was read before the failure is proved and kept. If that fails too, the first failure is told
    if (!(error instanceof LogLie)) await settle().catch(() => undefined);
    throw error;
  }
  await settle();
  return counts;
}

/** Returns the root of what was read, which the signed tree must continue. @throws ServiceError, LogLie `not-in-tree` */
async function provedRoot(
  tree: Frontier,
  { reader, crypto, head }: ScanContext,
): Promise<Uint8Array> {
  const root = tree.root();
  if (tree.size < head.size) {
    const earlier = { size: tree.size, root };
    await provedTree(reader, { crypto, earlier, head, kind: 'not-in-tree' });
  } else if (!equal(root, head.root)) {
    const detail = `its entries are not those of the tree of ${head.size} that it signed`;
    throw new LogLie('not-in-tree', detail, { later: head.note });
  }
  return root;
}

async function readBatch(batch: LogBatch, tree: Frontier, scan: Scan): Promise<void> {
  const { crypto, reader, judge, counts } = scan;
  const deep = reader.kind !== 'tiles';
  const first = tree.size;
  if (batch.from !== first) throw new RangeError('the entries do not follow each other');
  const { leaves, entries } = batch;
  for (let at = 0; at < leaves.length; at += 1) {
    const leaf = leaves[at] as Uint8Array;
    const hash = crypto.hash('sha256', leaf);
    tree.append(hash);
    if (judge.watch.mayConcern(leaf, deep))
      await look({ body: leaf.subarray(1), hash, position: first + at }, scan, entries?.[at]);
    scan.garbage += leaf.length;
  }
  counts.read += leaves.length;
  if (scan.garbage > MUCH_GARBAGE) {
    scan.garbage = 0;
    collectGarbage();
  }
}

interface Candidate {
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
  readonly position: number;
}

async function look(
  { body, hash, position }: Candidate,
  scan: Scan,
  entry: TransparencyLogEntry | undefined,
): Promise<void> {
  const { reader, judge, head, counts, found } = scan;
  const judged = await judge.judge(body);
  if (judged.is === 'unverified') counts.unverified += 1;
  if (judged.is === 'unverified' || judged.is === 'foreign') return;
  const place = {
    log: reader.url,
    origin: head.origin,
    index: String(reader.firstIndex + position),
    leaf: toHex(hash),
  };
  if (judged.is === 'unreadable') {
    found.push({ is: 'unreadable', entry: place });
    return;
  }
  const { is: _, ...facts } = judged;
  if (await scan.isExplained({ leaf: place.leaf, ...facts })) return;
  const logged = entry && (await vouchedTime(entry, body, scan));
  found.push({ is: 'signature', signature: { ...place, ...facts, logged } });
}

/** Returns the time of an entry if the log signed it. */
export async function vouchedTime(
  entry: TransparencyLogEntry,
  body: Uint8Array,
  { log, crypto }: { readonly log: TrustedLog; readonly crypto: Crypto },
): Promise<number | undefined> {
  const { inclusionPromise: promise } = entry;
  if (promise === undefined) return undefined;
  try {
    await checkInclusionPromise(entry, promise, body, log, crypto);
    return Number(entry.integratedTime);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
