/**
 * Judges batches of objects. This part of `verify` runs in workers or, for few objects, in the main thread. A batch is
 * one block of bytes, so that it changes threads without a copy. The results are ready to print.
 */

import type { Crypto } from '../core/crypto.ts';
import { createEvidenceCache } from '../core/evidence-cache.ts';
import {
  type ObjectFormat,
  type ObjectType,
  splitSignedObject,
} from '../core/git/signed-object.ts';
import type { KeyKind } from '../core/identity-kind.ts';
import { type LogLookup, logLookupOf } from '../core/log-lookup.ts';
import { withCommitterNote } from '../core/policy/committer.ts';
import type { NotedFacts } from '../core/policy/decide.ts';
import type { TrustMaterial } from '../core/trust/trust-material.ts';
import type { IdentityPolicy, Outcome, Rejected, Verdict } from '../core/verdict.ts';
import {
  type SignedObject,
  underPolicies,
  type VerifyContext,
  verifyObject,
} from '../core/verify.ts';
import type { Rendered } from '../report/format.ts';
import { type Output, renderResult } from '../report/formats.ts';
import type { ProvedCommit } from '../store/page.ts';
import { decodeProof } from '../store/proof.ts';
import { gatheredCrypto } from './gathered-crypto.ts';
import { proofToKeep, shapeReader } from './proofs/proof-of.ts';

/** Settings of the judge for a whole run. They are plain data, because each worker gets them once as a message. */
export interface JudgeSettings {
  readonly trust: TrustMaterial;
  readonly policy?: IdentityPolicy | undefined;
  readonly ignoreSct: boolean;
  /** Signatures in no log count, because policy and configuration both say so. */
  readonly unlogged?: boolean;
  /** Adds a note if the signer is not the committer, whatever the policy says. */
  readonly matchCommitter?: boolean;
  /** Unix seconds. */
  readonly now: number;
  readonly format: ObjectFormat;
  /** The ref that the commits are for. */
  readonly ref?: string | undefined;
  /** Returns the outcome beside its report. */
  readonly keepOutcomes?: boolean;
  /** Returns the proof of each commit whose evidence holds, for the store. */
  readonly keepProofs?: boolean;
  /** The report format. */
  readonly output: Output;
}

export interface BatchItem {
  readonly id: string;
  readonly type: ObjectType;
  readonly ref?: string | undefined;
  readonly single?: boolean;
  /** The policies that must all allow it, if they are not the policy of the whole run. */
  readonly policies?: readonly IdentityPolicy[] | undefined;
  readonly noted?: NotedFacts | undefined;
  /** Offsets of its first byte in the batch, and of the byte after its last. */
  readonly start: number;
  readonly end: number;
  /** The verdict of an object that was not read, e.g. for its size. */
  readonly preset?: Rejected;
  /** Its evidence was verified before: the index of its shape, and where its numbers begin. Its bytes are those without the signature. */
  readonly proof?: { readonly shape: number; readonly at: number };
}

export interface Batch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly items: readonly BatchItem[];
  /** If the store holds the evidence of all items: the shapes of their proofs (store/proof.ts). The bytes are a page of the store. */
  readonly shapes?: readonly string[];
}

/** After a batch of more than this many bytes, garbage is collected at once. */
export const LARGE_BATCH = 4 * 1024 * 1024;

export interface JudgedItem extends Rendered {
  /** What to search a log for, if the signature embeds no log entry. */
  readonly lookup?: LogLookup;
  /** The kind of a signature that a pinned key may have made. The main thread judges it. */
  readonly keyed?: KeyKind;
  readonly outcome?: Outcome;
  /** What the store may keep of it. */
  readonly proof?: ProvedCommit;
}

export type Judge = (batch: Batch) => Promise<readonly JudgedItem[]>;

/** Returns the bytes of one item of a batch, without a copy. */
export function bytesOfItem(batch: Batch, item: BatchItem): Uint8Array {
  return batch.bytes.subarray(item.start, item.end);
}

export function verifyContext(
  settings: Omit<JudgeSettings, 'output'>,
  crypto: Crypto,
): VerifyContext {
  const { trust, policy, ref, ignoreSct, unlogged = false, now } = settings;
  const cache = createEvidenceCache();
  return { crypto, trust, now, ignoreSct, unlogged, cache, policy, ref };
}

/** Returns the context for one object. Most objects have the context of the whole run. */
export function contextOf(
  { policies, noted }: Pick<BatchItem, 'policies' | 'noted'>,
  context: VerifyContext,
): VerifyContext {
  if (policies === undefined && noted === undefined) return context;
  const [policy, ...alsoUnder] = policies ?? [];
  return policy === undefined ? { ...context, noted } : { ...context, policy, alsoUnder, noted };
}

/** Returns what else the verdict needs: a log entry from a log, or a key that the policy pins. */
function asksFor(
  verdict: Verdict,
  { type, raw, format }: Pick<SignedObject, 'type' | 'raw' | 'format'>,
  crypto: Crypto,
): Pick<JudgedItem, 'lookup' | 'keyed'> {
  if (verdict.status !== 'undecided') return {};
  const { kind, code } = verdict;
  if (kind !== undefined) return { keyed: kind };
  if (code !== 'log-entry-absent') return {};
  const split = splitSignedObject(type, raw, format);
  const lookup = split && logLookupOf(split.payload, split.signature, crypto);
  return lookup === undefined ? {} : { lookup };
}

/** No shape and no number, which no proof has. */
const NO_PROOF = { shape: -1, at: -1 };

/** Objects whose signatures are verified in a row. What many of them hold would outlive the first collections of garbage. */
const IN_A_ROW = 16;

/** Returns a judge that verifies the signatures of several objects in a row, for a port that answers at once. */
export function createBatchJudge(settings: JudgeSettings, crypto: Crypto): Judge {
  const judge = createJudge(settings, gatheredCrypto(crypto));
  return async (batch) => {
    if (batch.shapes !== undefined) return judge(batch);
    const judged: JudgedItem[] = [];
    for (let at = 0; at < batch.items.length; at += IN_A_ROW) {
      const some = batch.items.slice(at, at + IN_A_ROW);
      const results = some.map((item) => judge({ ...batch, items: [item] }));
      judged.push(...(await Promise.all(results)).flat());
    }
    return judged;
  };
}

/** Returns a judge with its own cache of certificates, checkpoints and keys. */
export function createJudge(settings: JudgeSettings, crypto: Crypto): Judge {
  const context = verifyContext(settings, crypto);
  const { format, output, keepOutcomes = false, keepProofs = false, now } = settings;
  const readShape = shapeReader();
  /** Judges commits whose evidence was verified before: only what policies say is left. */
  const judgeProved = (batch: Batch, shapes: readonly string[]): readonly JudgedItem[] => {
    const { buffer, byteOffset, byteLength } = batch.bytes;
    const page = Buffer.from(buffer, byteOffset, byteLength);
    return batch.items.map((item) => {
      const { id, type, ref, policies, start, end, proof = NO_PROOF } = item;
      const raw = page.subarray(start, end);
      const evidence = decodeProof(readShape(shapes[proof.shape] ?? ''), page, proof.at);
      const object = { type, payload: raw, ids: [id] };
      const judged = underPolicies(evidence, contextOf(item, context), object);
      const verdict = settings.matchCommitter === true ? withCommitterNote(judged, raw) : judged;
      const rendered = renderResult({ id, type, raw, ref, policies, verdict }, output);
      return keepOutcomes ? { ...rendered, outcome: verdict } : rendered;
    });
  };
  const judgeOne = async (batch: Batch, item: BatchItem): Promise<JudgedItem> => {
    const { id, type, preset } = item;
    const raw = bytesOfItem(batch, item);
    const object = { id, type, raw, format };
    const judged = preset ?? (await verifyObject(object, contextOf(item, context)));
    const verdict = settings.matchCommitter === true ? withCommitterNote(judged, raw) : judged;
    const shown = preset === undefined ? { ...item, raw, verdict } : { ...item, verdict };
    const rendered = renderResult(shown, output);
    if (preset !== undefined) return keepOutcomes ? { ...rendered, outcome: verdict } : rendered;
    const asks = asksFor(verdict, object, crypto);
    const kept = keepProofs && proofToKeep(object, verdict, now);
    return {
      ...rendered,
      ...asks,
      ...(keepOutcomes ? { outcome: verdict } : {}),
      ...(kept ? { proof: kept } : {}),
    };
  };
  return async (batch) => {
    if (batch.shapes !== undefined) return judgeProved(batch, batch.shapes);
    const judged: JudgedItem[] = [];
    for (const item of batch.items) judged.push(await judgeOne(batch, item));
    return judged;
  };
}
