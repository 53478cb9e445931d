/**
 * Whether the signer is who the object says made it (`signet.matchCommitter`): the e-mail address, or for workloads,
 * which have none, the name (gitsign's rule). Git itself compares nothing: anyone may sign what names anyone else.
 */

import { headerOf } from '../git/header.ts';
import { payloadType } from '../git/object.ts';
import { type Person, readPerson } from '../git/person.ts';
import type { Finding, Signer, Verdict } from '../verdict.ts';

/** Who the object says made it: a commit's committer, a tag's tagger; undefined when it names nobody for certain. */
export function committerOf(payload: Uint8Array): Person | undefined {
  const header = headerOf(payload);
  const line = header?.type === 'commit' ? header.committer : header?.tagger;
  return readPerson(line, header?.encoding);
}

/**
 * What of the committer must equal the signer: the address for a person, the name for a workload. Undefined when
 * the object names nobody.
 */
export function committerName(payload: Uint8Array, kind: Signer['kind']): string | undefined {
  const committer = committerOf(payload);
  return kind === 'email' ? committer?.email : committer?.name;
}

/**
 * Undefined when the signer is the committer (of a tag, the tagger); else one line that says how they differ, in
 * which hostile text is not yet escaped. Text is compared byte for byte.
 */
export function committerMismatch(
  payload: Uint8Array,
  { kind, value }: Pick<Signer, 'kind' | 'value'>,
): string | undefined {
  const role = payloadType(payload) === 'tag' ? 'tagger' : 'committer';
  const named = committerName(payload, kind);
  if (named === value) return undefined;
  return named === undefined
    ? `no ${role} is named, and ${value} signed`
    : `the ${role} is ${named}, the signer ${value}`;
}

/**
 * The verdict with a note where the signer is not the committer: what `signet.matchCommitter` says of signatures that
 * are there already. It decides nothing: that is for a policy (`committer: match`), whose own finding stands.
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
