/** The parts of the program that judge one object, with made evidence in place of signatures. */

import { utf8 } from '../../../src/core/bytes.ts';
import type { KeyKind } from '../../../src/core/identity-kind.ts';
import type { Subject } from '../../../src/core/policy/decide.ts';
import type { IdentityPolicy } from '../../../src/core/policy/model.ts';
import { policyFromData } from '../../../src/core/policy/policy.ts';
import type { Outcome, Signer, Verified } from '../../../src/core/verdict.ts';
import { underPolicies } from '../../../src/core/verify.ts';
import { contextOf } from '../../../src/gate/judge.ts';
import { keyOutcome } from '../../../src/gate/keys/pinned-keys.ts';
import { byKeys } from '../../../src/gate/outcome.ts';
import type { ObjectRequest } from '../../../src/git/objects.ts';
import { nodeCrypto } from '../../../src/system/crypto.ts';
import {
  type Act,
  fingerprintOf,
  isKey,
  type PolicyDocument,
  type Said,
  type SignedBy,
  type Statement,
} from './cases.ts';

function signerOf(by: SignedBy): Signer {
  if (isKey(by)) {
    return { kind: by.kind, value: by.value, issuer: 'policy', extensions: {} };
  }
  const { kind, value, issuer, job } = by;
  if (job === undefined) return { kind, value, issuer, extensions: {} };
  const extensions = {
    '12': `https://github.com/${job.repository}`,
    '14': job.ref,
    '20': job.trigger,
    ...(job.repositoryId === undefined ? {} : { '15': job.repositoryId }),
    ...(job.environment === undefined ? {} : { '23': job.environment }),
  };
  return { kind, value, issuer, extensions };
}

/** Returns the evidence of a good signature. */
export function evidenceOf(act: Act | Statement): Verified {
  if (act.by === undefined) throw new Error('no evidence');
  const times = act.times.map((time) => ({ source: 'rekor', time, authority: 'aa' }) as const);
  const certificate = { sha1: '00', sha256: act.certificate, notBefore: act.issued, notAfter: 0 };
  const logIndex = String(act.index);
  const logEntry = { logId: act.log, logIndex, kindVersion: 'hashedrekord 0.0.1' };
  return { status: 'verified', signer: signerOf(act.by), certificate, logEntry, times };
}

const UNSIGNED = { status: 'unsigned', check: 'object', code: 'unsigned', detail: '' } as const;

/** The check of a key's signature that the program makes with the keys of a policy. */
async function judgeKey(
  kind: KeyKind,
  act: Act,
  policy: IdentityPolicy,
  subject: Subject,
): Promise<Outcome | undefined> {
  const rules = (policy.keys ?? []).filter((rule) => rule.kind === kind);
  if (rules.length === 0) return undefined;
  const value = act.by?.value ?? '';
  const rule = rules.find(({ key }) => key === value);
  const fingerprint = fingerprintOf({ kind, value });
  const check =
    rule === undefined
      ? ({ status: 'unknown', claimed: value } as const)
      : ({ status: 'good', rule, fingerprint, time: act.times[0] ?? 0 } as const);
  return keyOutcome(kind, check, { policy, subject, signature: utf8(''), crypto: nodeCrypto });
}

/** Reads a policy. YAML is read elsewhere. Here the data is what a file holds. */
export function readDocument(document: PolicyDocument): IdentityPolicy {
  return policyFromData(document, 'p', JSON.stringify(document), (path) => path.join('.'));
}

/** Returns what the model would call an outcome. */
export function saidOf(outcome: Outcome): Said {
  const carried = 'carried' in outcome ? outcome.carried : undefined;
  if (outcome.status === 'verified' && carried !== undefined) {
    return { status: 'verified', carried: carried.how };
  }
  if (outcome.status === 'verified') {
    const notes = (outcome.findings ?? []).filter(({ severity }) => severity === 'note');
    const rule = outcome.rule ?? '';
    return { status: 'verified', rule, notes: notes.map(({ code }) => code).toSorted() };
  }
  if (outcome.status === 'not-allowed') return { status: 'not-allowed', code: outcome.code };
  return { status: outcome.status as 'unsigned' | 'undecided' };
}

/** Judges one object by its own signature. */
export async function judgeOne(
  act: Act,
  payload: Uint8Array,
  { policy: start, ref }: { readonly policy: IdentityPolicy; readonly ref: string | undefined },
  request?: Partial<ObjectRequest>,
): Promise<Outcome> {
  const base = { crypto: nodeCrypto, trust: undefined, now: 0, policy: start, ref } as never;
  const context = contextOf((request ?? {}) as ObjectRequest, base);
  const { by, type } = act;
  if (by === undefined) return UNSIGNED;
  const subject = { type, payload, ids: [act.id] };
  if (!isKey(by)) return underPolicies(evidenceOf(act), context, subject);
  const undecided = { status: 'undecided', check: 'object', detail: '', kind: by.kind } as const;
  const verdict = { ...undecided, code: 'signature-kind-unsupported' } as const;
  return byKeys(verdict, context, subject, (policy, under) =>
    judgeKey(by.kind, act, policy, under),
  );
}
