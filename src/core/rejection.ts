/** Turns refusals into verdicts. Some codes mean that evidence is wrong, and others that it cannot be checked here. */

import { MAX_OBJECT } from './git/limits.ts';
import type { Progress } from './signer.ts';
import type { NotAllowed, PolicyCode, ReasonCode, Rejected, Verified } from './verdict.ts';

/** Codes that mean "cannot be checked here", not "wrong". */
const UNDECIDED: ReadonlySet<ReasonCode> = new Set([
  'object-too-large',
  'push-out-of-time',
  'bundle-unsupported',
  'statement-without-evidence',
  'signature-kind-unsupported',
  'foreign-issuer',
  'log-entry-absent',
  'log-unreachable',
  'log-entry-unsupported',
  'no-trust-material',
]);

/** Codes that mean "nothing is signed here". */
const NOTHING: ReadonlySet<ReasonCode> = new Set(['unsigned', 'summary-missing']);

/** Returns the verdict on a refusal. It is undecided if the code means that it cannot be checked here. */
export function rejected(
  { check, ...claims }: Progress,
  code: ReasonCode,
  detail: string,
): Rejected {
  const status = NOTHING.has(code) ? 'unsigned' : UNDECIDED.has(code) ? 'undecided' : 'refused';
  return { status, check, code, detail, ...claims };
}

/** Returns the verdict on an object that is too large to be read. `size` is in bytes. */
export function tooLarge(size: number): Rejected {
  const detail = `the object is larger than ${MAX_OBJECT} bytes (${size})`;
  return rejected({ check: 'object' }, 'object-too-large', detail);
}

/** Returns good evidence as a verdict that the policy refuses. */
export function notAllowed(evidence: Verified, code: PolicyCode, detail: string): NotAllowed {
  const { rule: _, ...rest } = evidence;
  return { ...rest, status: 'not-allowed', check: 'policy', code, detail };
}
