/**
 * Compares the signer with the committer that the object names (`signet.matchCommitter`), as gitsign does: by e-mail
 * address or, for workloads, by name. git compares nothing, so a signer may sign a commit that names another committer.
 */

import { headerOf } from '../git/header.ts';
import { type PayloadKind, payloadKind } from '../git/payload-kind.ts';
import { type Person, readPerson } from '../git/person.ts';
import { pushCertificateOf } from '../git/push-certificate.ts';
import type { Finding, Signer, Verdict } from '../verdict.ts';

const ROLES: Readonly<Record<PayloadKind, string>> = {
  commit: 'committer',
  tag: 'tagger',
  push: 'pusher',
  // a statement names no person, so the committer that git would write is compared
  statement: 'committer',
};

/** Returns the word for the person whom a payload names as the one who made it. */
export function roleIn(payload: Uint8Array): string {
  return ROLES[payloadKind(payload) ?? 'commit'];
}

/** Returns a commit's committer, a tag's tagger or a push's pusher, or undefined if the line is odd or missing. */
export function committerOf(payload: Uint8Array): Person | undefined {
  const push = pushCertificateOf(payload);
  if (push !== undefined) return readPerson(push.pusher, undefined);
  const header = headerOf(payload);
  const line = header?.type === 'commit' ? header.committer : header?.tagger;
  return readPerson(line, header?.encoding);
}

/**
 * Returns the part of the committer that must equal the signer: the address of a person, or the name of a workload.
 * Returns undefined if the object names no committer.
 */
export function committerName(payload: Uint8Array, kind: Signer['kind']): string | undefined {
  const committer = committerOf(payload);
  return kind === 'email' ? committer?.email : committer?.name;
}

/**
 * Returns undefined if the signer is the committer (of a tag, the tagger). Otherwise returns one line with the difference,
 * in which hostile text is not yet escaped. Texts are compared byte for byte.
 */
export function committerMismatch(
  payload: Uint8Array,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): string | undefined {
  const role = roleIn(payload);
  const named = committerName(payload, kind);
  if (named === value) return undefined;
  return named === undefined
    ? `no ${role} is named, and ${value} signed`
    : `the ${role} is ${named}, the signer ${value}`;
}

/**
 * Adds a note to the verdict if the signer is not the committer, as `signet.matchCommitter` asks. The note decides
 * nothing. A policy decides (`committer: match`), and its own finding stays.
 */
export function withCommitterNote(verdict: Verdict, payload: Uint8Array): Verdict {
  if (verdict.status !== 'verified' && verdict.status !== 'not-allowed') return verdict;
  const { findings = [], signer } = verdict;
  if (findings.some(({ code }) => code === 'committer-differs')) return verdict;
  const detail = committerMismatch(payload, signer);
  if (detail === undefined) return verdict;
  const note: Finding = { code: 'committer-differs', detail, severity: 'note' };
  return { ...verdict, findings: [...findings, note] };
}
