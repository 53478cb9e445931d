/**
 * Asks the search index of a Rekor v1 log for e-mail addresses. Each hit is proved by its inclusion under a checkpoint
 * that the log signed. That the index names all entries is the server's word, so what is known to be there is looked for
 * in its answer.
 */

import { equal, fromHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { checkSignedRoot, leafHash, provesBody } from '../core/rekor/inclusion.ts';
import type { TrustedLog } from '../core/trust/trust-material.ts';
import { Refusal } from '../core/verdict.ts';
import type { HttpSend } from '../http/message.ts';
import { entriesByLeaf, type NamedEntry, searchByEmail } from '../services/log-v1.ts';
import { LogLie } from './follow.ts';
import type { EntryJudge, ExplicableEntry } from './logged-signature.ts';
import { type ScanCounts, vouchedTime } from './scan.ts';
import type { LogFinding } from './state.ts';

export interface SearchContext {
  readonly url: string;
  readonly send: HttpSend;
  readonly log: TrustedLog;
  readonly crypto: Crypto;
  readonly judge: EntryJudge;
  /** Leaf hashes that were looked at before. */
  readonly seen: ReadonlySet<string>;
  readonly isExplained: (entry: ExplicableEntry) => Promise<boolean>;
}

export interface SearchResult {
  readonly found: readonly LogFinding[];
  /** All leaf hashes that the index names. */
  readonly named: readonly string[];
  readonly counts: ScanCounts;
}

/** Returns the leaf hashes that the index names for the watched addresses. @throws ServiceError */
export async function namedLeaves({
  url,
  send,
  judge,
}: Pick<SearchContext, 'url' | 'send' | 'judge'>): Promise<readonly string[]> {
  const leaves = new Set<string>();
  for (const email of judge.watch.emails)
    for (const leaf of await searchByEmail(url, email, send)) leaves.add(leaf);
  return [...leaves];
}

/** Looks at the entries that the index names and that were not looked at before. @throws ServiceError, LogLie `not-in-tree` */
export async function searchIndex(context: SearchContext): Promise<SearchResult> {
  const { url, send, seen } = context;
  const named = await namedLeaves(context);
  const counts: ScanCounts = { read: 0, unverified: 0 };
  const found: LogFinding[] = [];
  const fresh = named.filter((leaf) => !seen.has(leaf));
  for await (const entries of entriesByLeaf(url, fresh, send)) {
    for (const one of entries) {
      counts.read += 1;
      const finding = await look(one, context, counts);
      if (finding !== undefined) found.push(finding);
    }
  }
  return { found, named, counts };
}

async function look(
  { leaf, entry }: NamedEntry,
  context: SearchContext,
  counts: ScanCounts,
): Promise<LogFinding | undefined> {
  const { url, judge, isExplained } = context;
  const body = entry.canonicalizedBody ?? new Uint8Array();
  const origin = await provenOrigin({ leaf, entry }, body, context);
  const judged = await judge.judge(body);
  if (judged.is === 'unverified') counts.unverified += 1;
  if (judged.is === 'unverified' || judged.is === 'foreign') return undefined;
  const place = { log: url, origin, index: String(entry.logIndex), leaf };
  if (judged.is === 'unreadable') return { is: 'unreadable', entry: place };
  const { is: _, ...facts } = judged;
  if (await isExplained({ leaf, ...facts })) return undefined;
  const logged = await vouchedTime(entry, body, context);
  return { is: 'signature', signature: { ...place, ...facts, logged } };
}

/** Proves that the entry is in a tree that the log signed, and returns the tree's origin. @throws LogLie `not-in-tree` */
async function provenOrigin(
  { leaf, entry }: NamedEntry,
  body: Uint8Array,
  { log, crypto }: SearchContext,
): Promise<string> {
  const { inclusionProof: proof } = entry;
  const later = proof?.checkpoint ?? '';
  const lie = (why: string): LogLie =>
    new LogLie('not-in-tree', `entry ${entry.logIndex} is not in the tree that it signed: ${why}`, {
      later,
    });
  if (!equal(leafHash(crypto, body), fromHex(leaf) ?? new Uint8Array()))
    throw lie('it is another entry than the one it is named for');
  try {
    if (proof === undefined || !provesBody(crypto, proof, body)) throw lie('its proof fails');
    await checkSignedRoot(proof, log, crypto);
  } catch (error) {
    if (error instanceof Refusal) throw lie(error.message);
    throw error;
  }
  return later.split('\n')[0] ?? '';
}
