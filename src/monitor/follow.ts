/**
 * Holds a log to what it signed before: its newest checkpoint must be signed by its key, and continue the newest one that
 * was verified here. A log that cannot do that lies, or has been changed. Both signed checkpoints are the evidence.
 */

import { equal } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { type Checkpoint, checkCheckpoint, readCheckpoint } from '../core/rekor/checkpoint.ts';
import {
  ConsistencyError,
  type Frontier,
  frontierOf,
  type TreeHead,
} from '../core/rekor/consistency.ts';
import type { TrustedLog } from '../core/trust/trust-material.ts';
import { Refusal } from '../core/verdict.ts';
import { badAnswer } from '../http/answers.ts';
import type { LogReader } from '../services/log-reader.ts';

/** What a log did. */
export type LieKind =
  /** Its checkpoint is not signed by its key. */
  | 'foreign-checkpoint'
  /** Two trees of one size with different roots. */
  | 'forked'
  /** A smaller tree than before. */
  | 'shortened'
  /** It does not prove that the new tree continues the old one. */
  | 'not-continued'
  /** A tree that it had is neither the one that grows nor an ended one. */
  | 'another-tree'
  /** Entries that are not those of the tree that it signed. */
  | 'not-in-tree';

/** Thrown if a log contradicts what it signed. The notes are as the log gave them. */
export class LogLie extends Error {
  readonly kind: LieKind;
  readonly earlier: string;
  readonly later: string;
  constructor(kind: LieKind, detail: string, notes: { earlier?: string; later: string }) {
    super(detail);
    this.name = 'LogLie';
    this.kind = kind;
    this.earlier = notes.earlier ?? '';
    this.later = notes.later;
  }
}

/** A checkpoint that the log's own key signed. */
export interface SignedHead extends TreeHead {
  readonly note: string;
  readonly origin: string;
}

function headOf(checkpoint: Checkpoint, note: string, url: string): SignedHead {
  const { origin, treeSize, rootHash } = checkpoint;
  const size = Number(treeSize);
  if (!Number.isSafeInteger(size))
    throw badAnswer('the log', 'its tree is too large to be read', { host: new URL(url).host });
  return { note, origin, size, root: rootHash };
}

/** Reads a note that was verified when it was kept. */
export function keptHead(note: string): SignedHead {
  return headOf(readCheckpoint(note), note, 'https://kept.invalid');
}

/** Reads a checkpoint that a log answered with, without proving it. @throws ServiceError for one that is malformed */
export function readNote(note: string, url: string): Checkpoint {
  try {
    return readCheckpoint(note);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw badAnswer('the log', error.message, { host: new URL(url).host });
  }
}

/**
 * Reads a checkpoint and checks the log's signature.
 * @throws ServiceError for one that is malformed, LogLie `foreign-checkpoint` for one that the log has not signed
 */
export async function signedHead(
  note: string,
  { log, url, crypto }: { readonly log: TrustedLog; readonly url: string; readonly crypto: Crypto },
): Promise<SignedHead> {
  const checkpoint = readNote(note, url);
  try {
    await checkCheckpoint(checkpoint, log, crypto);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new LogLie('foreign-checkpoint', `${error.message} (${checkpoint.origin})`, {
      later: note,
    });
  }
  return headOf(checkpoint, note, url);
}

export interface Following {
  readonly reader: LogReader;
  readonly log: TrustedLog;
  readonly crypto: Crypto;
  /** The newest note that was verified, or '' if there is none. */
  readonly kept: string;
  /** Waits before a log that seems to lag is asked again. */
  readonly wait: () => Promise<void>;
}

/** How often a log that shows a smaller tree is asked again. One of several servers behind one address may lag. */
const AGAIN = 3;

/** Gets the newest checkpoint and proves that it continues the kept one. @throws ServiceError, LogLie */
export async function newestHead(following: Following): Promise<SignedHead> {
  const { reader, log, crypto, kept } = following;
  const signer = { log, url: reader.url, crypto };
  let head = await signedHead(await reader.checkpoint(), signer);
  if (kept === '') return head;
  const earlier = keptHead(kept);
  for (let again = 0; head.size < earlier.size && again < AGAIN; again += 1) {
    await following.wait();
    head = await signedHead(await reader.checkpoint(), signer);
  }
  const notes = { earlier: kept, later: head.note };
  if (head.origin !== earlier.origin) {
    const detail = `it answers as '${head.origin}' and was '${earlier.origin}'`;
    throw new LogLie('another-tree', detail, notes);
  }
  if (head.size < earlier.size) {
    const detail = `its tree has ${head.size} entries, and it signed one of ${earlier.size}`;
    throw new LogLie('shortened', detail, notes);
  }
  if (head.size === earlier.size) {
    if (equal(head.root, earlier.root)) return head;
    const detail = `it signed two different trees of ${head.size} entries`;
    throw new LogLie('forked', detail, notes);
  }
  await provedTree(reader, { crypto, earlier, head, kind: 'not-continued', kept });
  return head;
}

interface Proving {
  readonly crypto: Crypto;
  readonly earlier: TreeHead;
  readonly head: SignedHead;
  /** What it is if the proof fails. */
  readonly kind: LieKind;
  /** The note of the earlier tree, if it was signed. */
  readonly kept?: string;
}

/** Proves that the signed tree continues the earlier one, and returns the earlier one to be continued. @throws ServiceError, LogLie */
export async function provedTree(
  reader: LogReader,
  { crypto, earlier, head, kind, kept }: Proving,
): Promise<Frontier> {
  const proof = await reader.consistency(earlier.size, head.size);
  try {
    return frontierOf(crypto, earlier, head, proof);
  } catch (error) {
    if (!(error instanceof ConsistencyError)) throw error;
    const detail =
      kind === 'not-in-tree'
        ? `the entries up to ${earlier.size} are not those of the tree of ${head.size} that it signed`
        : `it does not prove that its tree of ${head.size} entries continues its tree of ${earlier.size}: ${error.message}`;
    const notes = kept === undefined ? { later: head.note } : { earlier: kept, later: head.note };
    throw new LogLie(kind, detail, notes);
  }
}
