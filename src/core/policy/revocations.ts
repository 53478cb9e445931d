/**
 * Judges signatures by the `revoked` entries of a policy: an account within a window, a certificate, a log entry, a key.
 * An entry hits old signatures too. If it is not certain that a signature lies outside a window, the entry hits it.
 */

import { isoTime } from '../time.ts';
import type { CertificateSummary, LogEntrySummary, Signer } from '../verdict.ts';
import { meets } from './identity.ts';
import type { IdentityPolicy, KeyRule, Revocation, RevokedTarget } from './model.ts';

/** What the evidence says of a signature. */
export interface RevocableSignature {
  readonly signer: Signer;
  /** Unix seconds. Proven for keyless signatures, claimed for signatures by keys. */
  readonly times: readonly number[];
  /** The pinned key that verified the signature. Absent for keyless signatures. */
  readonly key?: KeyRule;
  readonly certificate?: Pick<CertificateSummary, 'sha256' | 'notBefore'> | undefined;
  readonly logEntry?: Pick<LogEntrySummary, 'logId' | 'logIndex'> | undefined;
}

type Account = Extract<RevokedTarget, { kind: 'account' }>;

/**
 * Returns true if the signature may have been made within the window. It was made after its certificate was issued and
 * before its last proven time, so a certificate that was issued within the window is hit even if the log is later (V4).
 */
function withinWindow({ from, until }: Account, signature: RevocableSignature): boolean {
  const { times, certificate } = signature;
  const issued = certificate === undefined ? [] : [certificate.notBefore];
  const first = Math.min(...issued, ...times);
  const last = Math.max(...issued, ...times);
  return (until === undefined || first < until) && (from === undefined || last >= from);
}

function targets(target: RevokedTarget, signature: RevocableSignature): boolean {
  const { signer, key, certificate, logEntry } = signature;
  switch (target.kind) {
    case 'account':
      return (
        key === undefined &&
        signer.value === target.identity &&
        signer.issuer === target.issuer &&
        withinWindow(target, signature)
      );
    case 'certificate':
      return certificate?.sha256 === target.sha256;
    case 'log-entry':
      return logEntry?.logId === target.logId && logEntry.logIndex === target.index;
    case 'key':
      return key !== undefined && signer.value === target.fingerprint;
  }
}

/** Returns true if the entry takes this signature back. `ids` are the full hashes that its object is known to have. */
export function isHit(
  { target, except }: Revocation,
  signature: RevocableSignature,
  ids: readonly string[],
): boolean {
  if (!targets(target, signature)) return false;
  return except === undefined || !ids.some((id) => except.includes(id));
}

function minute(seconds: number): string {
  return isoTime(seconds).replace(/:00Z$/, 'Z');
}

/** Returns one line about an entry: its reason and, for an account, its window. */
export function revocationText({ target, reason }: Revocation): string {
  const { from, until } =
    target.kind === 'account' ? target : { from: undefined, until: undefined };
  const bounds = [
    ...(from === undefined ? [] : [`from ${minute(from)}`]),
    ...(until === undefined ? [] : [`until ${minute(until)}`]),
  ];
  const window = bounds.length === 0 ? '' : ` (${bounds.join(' ')})`;
  return `revoked: ${reason}${window}`;
}

function sameTarget(one: RevokedTarget, other: RevokedTarget): boolean {
  if (one.kind !== 'account' || other.kind !== 'account') {
    const parts = (target: RevokedTarget): string =>
      JSON.stringify(Object.entries(target).toSorted());
    return parts(one) === parts(other);
  }
  return one.identity === other.identity && one.issuer === other.issuer;
}

/** Returns true if the first entry hits every signature that the second one hits. */
export function coversRevocation(wide: Revocation, narrow: Revocation): boolean {
  if (!sameTarget(wide.target, narrow.target)) return false;
  if ((wide.except ?? []).some((id) => narrow.except?.includes(id) !== true)) return false;
  if (wide.target.kind !== 'account' || narrow.target.kind !== 'account') return true;
  const { from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = wide.target;
  const { from: first = Number.NEGATIVE_INFINITY, until: last = Number.POSITIVE_INFINITY } =
    narrow.target;
  return from <= first && until >= last;
}

/** Returns the entries of a policy that a later one no longer has, or has with less effect. */
export function liftedRevocations(
  before: readonly Revocation[] | undefined,
  after: readonly Revocation[] | undefined,
): readonly Revocation[] {
  return (before ?? []).filter((old) => !(after ?? []).some((own) => coversRevocation(own, old)));
}

const KINDS = ['email', 'uri', 'otherName'] as const;

/** Returns the names of the people who own an account: for each kind of certificate, the first entry that fits. */
export function ownersOf(
  { rules }: Pick<IdentityPolicy, 'rules'>,
  { identity, issuer }: Pick<Account, 'identity' | 'issuer'>,
): ReadonlySet<string> {
  const owners = KINDS.flatMap((kind) => {
    const signer = { kind, value: identity, issuer, extensions: {} };
    return rules.find((rule) => meets(rule, signer))?.name ?? [];
  });
  // the certificate of a workflow says more than its name, so its repository decides
  const workflows = rules.filter(
    (rule) => rule.workflow !== undefined && identity.startsWith(`${rule.workflow.repository}/`),
  );
  return new Set([...owners, ...workflows.map(({ name }) => name)]);
}

/** Returns true if an entry is about the signer: the same account, or another account of the same person (V3). */
export function isAbout(
  policy: IdentityPolicy,
  { target }: Revocation,
  { signer, key }: Pick<RevocableSignature, 'signer' | 'key'>,
): boolean {
  if (target.kind === 'key') return key !== undefined && signer.value === target.fingerprint;
  if (target.kind !== 'account') return false;
  if (signer.value === target.identity && signer.issuer === target.issuer) return true;
  const person = key?.name ?? policy.rules.find((rule) => meets(rule, signer))?.name;
  return person !== undefined && ownersOf(policy, target).has(person);
}
