/** The part of the second model that knows `revoked`, written from docs/policy.md. */

import {
  type Act,
  fingerprintOf,
  isKey,
  type PolicyDocument,
  type RevokedEntry,
  type SignedBy,
} from './cases.ts';

function begins({ from }: RevokedEntry): number {
  return from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from) / 1000;
}

function ends({ until }: RevokedEntry): number {
  return until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) / 1000;
}

/** "An entry hits a signature of the account that may have been made within the window." */
export function isHit(entry: RevokedEntry, act: Act): boolean {
  const { by } = act;
  if (by === undefined || entry.except?.includes(act.id) === true) return false;
  if (isKey(by)) return entry.key === fingerprintOf(by);
  if (entry.certificate !== undefined) return entry.certificate === act.certificate;
  if (entry.log !== undefined) return entry.log === act.log && entry.index === act.index;
  if (entry.identity !== by.value || entry.issuer !== by.issuer) return false;
  const seconds = [act.issued, ...act.times].toSorted((one, other) => one - other);
  const [first = 0, last = 0] = [seconds[0], seconds.at(-1)];
  // if the window and the signature's span meet at all, they meet where one of them begins
  return [first, begins(entry)].some(
    (at) => at >= first && at <= last && at >= begins(entry) && at < ends(entry),
  );
}

/** "It lacks an entry, or has it with a shorter window or more under `except`." */
export function takenBack(
  before: PolicyDocument | undefined,
  own: PolicyDocument,
): readonly RevokedEntry[] {
  const name = ({ identity, issuer, certificate, log, index, key }: RevokedEntry): string =>
    JSON.stringify([identity, issuer, certificate, log, index, key]);
  const kept = (old: RevokedEntry): boolean =>
    (own.revoked ?? []).some(
      (entry) =>
        name(entry) === name(old) &&
        begins(entry) <= begins(old) &&
        ends(entry) >= ends(old) &&
        (entry.except ?? []).every((id) => (old.except ?? []).includes(id)),
    );
  return (before?.revoked ?? []).filter((old) => !kept(old));
}

/** "A signer may not take back an entry about an account or a key of the same person." */
export function isOwn(
  policy: PolicyDocument,
  { identity, issuer = '', key }: RevokedEntry,
  by: SignedBy,
  personOf: (policy: PolicyDocument, by: SignedBy) => string | undefined,
): boolean {
  if (isKey(by) && key === fingerprintOf(by)) return true;
  if (identity === undefined) return false;
  if (!isKey(by) && by.value === identity && by.issuer === issuer) return true;
  const person = personOf(policy, by);
  const kinds = ['email', 'uri', 'otherName'] as const;
  const owners = kinds.map((kind) => personOf(policy, { kind, value: identity, issuer }));
  const workflows = policy.signers.filter(({ workflow }) =>
    identity.startsWith(`https://github.com/${workflow?.repository}/`),
  );
  const people = [...owners, ...workflows.map(({ name }) => name)];
  return person !== undefined && people.includes(person);
}
