/**
 * Judges one object by all means: its evidence, a log if its entry is not embedded, a pinned key if it is not keyless.
 * Single objects always come here. Objects of a batch come here only if their worker could not settle them.
 */

import type { Crypto } from '../core/crypto.ts';
import { type ObjectType, splitSignedObject } from '../core/git/signed-object.ts';
import { logLookupOf } from '../core/log-lookup.ts';
import type { Subject } from '../core/policy/decide.ts';
import type { IdentityPolicy, Outcome, Verdict } from '../core/verdict.ts';
import { type VerifyContext, verifyObject } from '../core/verify.ts';
import type { ObjectRequest } from '../git/objects.ts';
import type { GitRepository } from '../git/repository.ts';
import { contextOf } from './judge.ts';
import type { KeyJudge } from './keys/pinned-keys.ts';
import type { LogAccess } from './log-entries.ts';

/** Everything that judging one object needs. */
export interface JudgingContext {
  readonly repository: GitRepository;
  readonly crypto: Crypto;
  readonly context: VerifyContext;
  readonly log: Pick<LogAccess, 'judge'>;
  readonly keys: Pick<KeyJudge, 'judge'>;
}

export interface WholeObject extends Pick<ObjectRequest, 'policies' | 'noted'> {
  readonly id: string;
  readonly type: ObjectType;
  readonly raw: Uint8Array;
}

/** Judges a signature by pinned keys, under every policy of the context. The first policy that refuses it decides. */
export async function byKeys(
  undecided: Verdict,
  context: VerifyContext,
  object: Pick<Subject, 'type' | 'payload' | 'ids'>,
  judge: (policy: IdentityPolicy, subject: Subject) => Promise<Outcome | undefined>,
): Promise<Outcome> {
  const subject = { ...object, ref: context.ref, ...context.noted };
  let outcome: Outcome = undecided;
  for (const policy of [context.policy, ...(context.alsoUnder ?? [])]) {
    if (policy === undefined) continue;
    outcome = (await judge(policy, subject)) ?? undecided;
    if (outcome.status !== 'verified') break;
  }
  return outcome;
}

/** Judges an object whose bytes are at hand. */
export async function judgeOutcome(object: WholeObject, judging: JudgingContext): Promise<Outcome> {
  const { crypto, repository, log } = judging;
  const { id, type, raw } = object;
  const { format } = repository;
  const context = contextOf(object, judging.context);
  const verdict = await verifyObject({ id, type, raw, format }, context);
  if (verdict.status !== 'undecided') return verdict;
  const split = splitSignedObject(type, raw, format);
  const { kind } = verdict;
  if (kind !== undefined) {
    if (split === undefined) return verdict;
    return byKeys(
      verdict,
      context,
      { type, payload: split.payload, ids: [id] },
      (policy, subject) => judging.keys.judge(kind, split, policy, subject),
    );
  }
  if (verdict.code !== 'log-entry-absent') return verdict;
  const lookup = split && logLookupOf(split.payload, split.signature, crypto);
  if (lookup === undefined) return verdict;
  return log.judge(lookup, (found) => verifyObject({ id, type, raw, format }, context, found));
}

/** Reads and judges a commit. Returns undefined if it is missing or not a commit. @throws UsageError OBJECT_CORRUPT */
export async function judgeCommit(
  request: ObjectRequest,
  judging: JudgingContext,
): Promise<Outcome | undefined> {
  const [frame] = await judging.repository.objects.read([request.id]);
  if (frame?.kind !== 'object' || frame.type !== 'commit') return undefined;
  return judgeOutcome({ ...request, type: 'commit', raw: frame.raw }, judging);
}
