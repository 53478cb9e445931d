/**
 * Judges signatures that are not keyless by the keys that a policy pins. If the policy pins none, they stay undecided,
 * because this program has no means to check them. A signature by another key is not allowed, whatever name the key
 * carries (threat P08).
 */

import type { Crypto } from '../../core/crypto.ts';
import type { SplitObject } from '../../core/git/signed-object.ts';
import type { KeyKind } from '../../core/identity-kind.ts';
import { claimsOf } from '../../core/policy/claims.ts';
import { decide, type Subject } from '../../core/policy/decide.ts';
import type { IdentityPolicy, KeyRule } from '../../core/policy/model.ts';
import { keyNotPinned } from '../../core/policy/pinning.ts';
import type { Outcome, Signer } from '../../core/verdict.ts';
import type { Environment } from '../../system/environment.ts';
import type { KeyCheck } from './openpgp.ts';
import type { SshVerifier } from './ssh-signature.ts';

export interface KeyJudge {
  /** Returns undefined if the policy pins no key of that kind, or no program here can verify it. */
  readonly judge: (
    kind: KeyKind,
    split: SplitObject,
    policy: IdentityPolicy,
    subject: Subject,
  ) => Promise<Outcome | undefined>;
  readonly close: () => Promise<void>;
}

export interface KeyJudgeSettings {
  readonly crypto: Crypto;
  readonly env: Environment;
  /** Unix seconds. */
  readonly now: number;
}

type Check = (payload: Uint8Array, armor: Uint8Array) => Promise<KeyCheck>;

function keySigner(kind: KeyKind, value: string): Signer {
  return { kind, value, issuer: 'policy', extensions: {} };
}

/** Returns the outcome of a signature that did not verify, or whose key is not pinned. */
function refusedKey(
  kind: KeyKind,
  check: Exclude<KeyCheck, { status: 'good' }>,
  { policy, signature, crypto }: KeyQuestion,
): Outcome {
  const claims =
    check.claimed === undefined ? {} : { claimedSigner: keySigner(kind, check.claimed) };
  if (check.status === 'unknown') {
    return {
      status: 'not-allowed',
      kind,
      check: 'policy',
      code: 'key-not-pinned',
      detail: keyNotPinned(kind, signature, policy.source, crypto),
      ...claims,
    };
  }
  const { code, detail } = check;
  return { status: 'refused', kind, check: 'signature', code, detail, ...claims };
}

function allowedKey(
  kind: KeyKind,
  { rule, fingerprint, time }: Extract<KeyCheck, { status: 'good' }>,
  policy: IdentityPolicy,
  subject: Subject,
): Outcome {
  const signer = keySigner(kind, fingerprint);
  // an SSH signature states no time, so the committer's time stands in for it
  const committed = subject.type && claimsOf(subject.type, subject.payload).committer?.time;
  const claimed = subject.claimedTime ?? committed;
  const at = time ?? claimed;
  if (at === undefined) {
    const detail = 'neither the signature nor the committer line states a time';
    return {
      status: 'refused',
      kind,
      check: 'time',
      code: 'time-missing',
      detail,
      claimedSigner: signer,
    };
  }
  const decision = decide(policy, { signer, times: [at], key: rule }, subject);
  const findings = decision.findings.length === 0 ? {} : { findings: decision.findings };
  if (decision.allowed)
    return { status: 'verified', kind, signer, key: rule.key, rule: decision.rule, ...findings };
  const { code, detail } = decision;
  return { status: 'not-allowed', kind, signer, check: 'policy', code, detail, ...findings };
}

/** A signature by a key, and the policy that judges it. */
export interface KeyQuestion {
  readonly policy: IdentityPolicy;
  readonly subject: Subject;
  readonly signature: Uint8Array;
  readonly crypto: Crypto;
}

/** Returns the outcome of a signature under a policy, from the check by its pinned keys. */
export function keyOutcome(kind: KeyKind, check: KeyCheck, question: KeyQuestion): Outcome {
  return check.status === 'good'
    ? allowedKey(kind, check, question.policy, question.subject)
    : refusedKey(kind, check, question);
}

/** Returns a judge by pinned keys. It makes a verifier at the first signature of a kind, and keeps it for each policy. */
export function createKeyJudge({ crypto, env, now }: KeyJudgeSettings): KeyJudge {
  const checks = new Map<string, Promise<Check | undefined>>();
  const open: SshVerifier[] = [];
  const start = async (
    kind: KeyKind,
    rules: readonly KeyRule[],
    source: string,
  ): Promise<Check | undefined> => {
    if (kind === 'openpgp') {
      const { openPgpVerifier } = await import('./openpgp.ts');
      const verify = await openPgpVerifier(rules, source);
      return (payload, armor) => verify(payload, armor, now);
    }
    const { sshVerifier } = await import('./ssh-signature.ts');
    const verifier = sshVerifier(rules, crypto, env);
    if (verifier !== undefined) open.push(verifier);
    return verifier?.verify;
  };
  const judge: KeyJudge['judge'] = async (kind, split, policy, subject) => {
    const rules = (policy.keys ?? []).filter((rule) => rule.kind === kind);
    if (rules.length === 0) return undefined;
    const name = `${kind} ${policy.digest}`;
    const known = checks.get(name) ?? start(kind, rules, policy.source);
    checks.set(name, known);
    const check = await (await known)?.(split.payload, split.signature);
    return (
      check && keyOutcome(kind, check, { policy, subject, signature: split.signature, crypto })
    );
  };
  const close = async (): Promise<void> => {
    await Promise.all(open.map((verifier) => verifier.close()));
  };
  return { judge, close };
}
