/**
 * Judges batches of objects: the part of `verify` that runs in workers and, for few objects, in place. A batch is
 * one block of bytes, so that it changes threads without being copied; what comes back is ready to print.
 */

import type { Crypto } from '../core/crypto.ts';
import { createEvidenceCache } from '../core/evidence-cache.ts';
import { type ObjectFormat, type ObjectType, splitSignedObject } from '../core/git/object.ts';
import { type LogLookup, logLookupOf } from '../core/log-lookup.ts';
import { withCommitterNote } from '../core/policy/committer.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { IdentityPolicy, Rejected } from '../core/verdict.ts';
import { type VerifyContext, verifyObject } from '../core/verify.ts';
import { renderResult } from '../report/pieces.ts';
import type { Output, Rendered } from '../report/writer.ts';

/** What all objects of a run are judged by. Plain data: it is sent to every worker once. */
export interface JudgeSettings {
  readonly trust: TrustMaterial;
  readonly policy?: IdentityPolicy;
  readonly ignoreSct: boolean;
  /** Signatures in no log count: policy and configuration both say so. */
  readonly unlogged?: boolean;
  /** Signers who are not the committer are noted, whatever the policy says. */
  readonly matchCommitter?: boolean;
  /** Unix seconds. */
  readonly now: number;
  readonly format: ObjectFormat;
  /** What to make of a verdict. */
  readonly output: Output;
}

export interface BatchItem {
  readonly id: string;
  readonly type: ObjectType;
  readonly ref?: string;
  /** Where its bytes lie in the batch. */
  readonly start: number;
  readonly end: number;
  /** The verdict of an object that was not read, e.g. for its size. */
  readonly preset?: Rejected;
}

export interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly items: readonly BatchItem[];
}

export interface JudgedItem extends Rendered {
  /** Where the signature embeds no log entry: what to ask a log for. */
  readonly lookup?: LogLookup;
}

export type Judge = (batch: Batch) => Promise<readonly JudgedItem[]>;

/** The bytes of one item of a batch. */
export function bytesOfItem(batch: Batch, item: BatchItem): Uint8Array {
  return batch.bytes.subarray(item.start, item.end);
}

export function verifyContext(
  settings: Omit<JudgeSettings, 'output'>,
  crypto: Crypto,
): VerifyContext {
  const { trust, policy, ignoreSct, unlogged = false, now } = settings;
  const cache = createEvidenceCache();
  return {
    crypto,
    trust,
    now,
    ignoreSct,
    unlogged,
    cache,
    ...(policy === undefined ? {} : { policy }),
  };
}

/** A judge with a cache of its own for what recurs: certificates, checkpoints, keys. */
export function createJudge(settings: JudgeSettings, crypto: Crypto): Judge {
  const context = verifyContext(settings, crypto);
  const { format, output } = settings;
  const judgeOne = async (batch: Batch, item: BatchItem): Promise<JudgedItem> => {
    const { id, type, preset } = item;
    if (preset !== undefined) return renderResult({ ...item, verdict: preset }, output);
    const raw = bytesOfItem(batch, item);
    const judged = await verifyObject({ id, type, raw, format }, context);
    const verdict = settings.matchCommitter === true ? withCommitterNote(judged, raw) : judged;
    const rendered = renderResult({ ...item, raw, verdict }, output);
    if (!('code' in verdict) || verdict.code !== 'log-entry-absent') return rendered;
    const split = splitSignedObject(type, raw, format);
    const lookup = split && logLookupOf(split.payload, split.signature, crypto);
    return lookup === undefined ? rendered : { ...rendered, lookup };
  };
  return async (batch) => {
    const judged: JudgedItem[] = [];
    for (const item of batch.items) judged.push(await judgeOne(batch, item));
    return judged;
  };
}
