/**
 * Writes one object's result as JSON (schema/verify-result.schema.json). Times are RFC 3339, UTC.
 * The text holds no character that a terminal could act on (threat S10).
 */

import { type CommitHeader, commitHeader } from '../core/git/header.ts';
import { readPerson } from '../core/git/person.ts';
import type { KeyKind } from '../core/identity-kind.ts';
import type {
  Carried,
  CertificateSummary,
  Check,
  Finding,
  NotAllowed,
  Outcome,
  ReasonCode,
  Rejected,
  Signer,
  Verdict,
  Verified,
} from '../core/verdict.ts';
import { approvalFields, type ReportedApproval } from './approvals.ts';
import { logEntryOf, type ReportedLogEntry, rfc3339 } from './json-parts.ts';
import type { Judged } from './judged.ts';
import { type ReportSource, sourceOf } from './run-facts.ts';

export const SCHEMA_VERSION = 1;

/** Author or committer. The object claims this, and no evidence proves it. */
export interface ReportedPerson {
  readonly name: string;
  readonly email: string;
  readonly date?: string | undefined;
}

/** What a commit that a forge made holds. The commit itself may be unsigned, and so its result names no signer. */
export interface CarriedResult extends Omit<Carried, 'signers'> {
  readonly signers: readonly { readonly name: string; readonly signer: Signer }[];
}

export interface ObjectResult {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly objectId: string;
  readonly objectType: string;
  readonly ref?: string | undefined;
  readonly status: Verdict['status'];
  /** The kind of the signature. Absent if there is none, or an unknown one. */
  readonly kind?: 'x509' | KeyKind | undefined;
  readonly check?: Check;
  readonly code?: ReasonCode;
  readonly detail?: string;
  readonly signer?: Signer | undefined;
  readonly claimedSigner?: Signer | undefined;
  readonly certificate?:
    | {
        readonly sha1: string;
        readonly sha256: string;
        readonly notBefore: string;
        readonly notAfter: string;
      }
    | undefined;
  readonly logEntry?: ReportedLogEntry | undefined;
  readonly times: readonly {
    readonly source: string;
    readonly time: string;
    readonly authority: string;
  }[];
  readonly rule?: string | undefined;
  readonly carried?: CarriedResult | undefined;
  readonly findings?: readonly Finding[];
  readonly approvals?: readonly ReportedApproval[];
  readonly policies?: readonly ReportSource[] | undefined;
  readonly author?: ReportedPerson | undefined;
  readonly committer?: ReportedPerson | undefined;
}

function certificateOf(summary: CertificateSummary): NonNullable<ObjectResult['certificate']> {
  const { sha1, sha256, notBefore, notAfter } = summary;
  return { sha1, sha256, notBefore: rfc3339(notBefore) ?? '', notAfter: rfc3339(notAfter) ?? '' };
}

type VerdictFields = Omit<
  ObjectResult,
  'schemaVersion' | 'objectId' | 'objectType' | 'ref' | 'policies' | 'author' | 'committer'
>;

function rejectedFields(verdict: Rejected): VerdictFields {
  const { status, check, code, detail, claimedSigner, certificate } = verdict;
  const kind = verdict.kind ?? (check === 'object' ? undefined : 'x509');
  return {
    status,
    kind,
    ...{ check, code, detail },
    claimedSigner,
    certificate: certificate === undefined ? undefined : certificateOf(certificate),
    times: [],
  };
}

/** Returns the fields that only a keyless signature has. */
function evidenceFields({ certificate, logEntry, times }: Verified | NotAllowed) {
  return {
    certificate: certificateOf(certificate),
    logEntry: logEntry === undefined ? undefined : logEntryOf(logEntry),
    times: times.map((proven) => ({ ...proven, time: rfc3339(proven.time) ?? '' })),
  };
}

function carriedResult({ signers, ...facts }: Carried): CarriedResult {
  return { ...facts, signers: signers.map(({ name, signer }) => ({ name, signer })) };
}

function verdictFields(verdict: Outcome): VerdictFields {
  if (verdict.status !== 'verified' && verdict.status !== 'not-allowed') {
    return rejectedFields(verdict);
  }
  const { findings, status } = verdict;
  const signer = 'signer' in verdict ? verdict.signer : undefined;
  const carried = 'carried' in verdict ? verdict.carried : undefined;
  const reason =
    status === 'verified'
      ? {}
      : { check: verdict.check, code: verdict.code, detail: verdict.detail };
  const rule = status === 'verified' ? verdict.rule : undefined;
  const claimed = 'claimedSigner' in verdict ? verdict.claimedSigner : undefined;
  return {
    status,
    kind: 'kind' in verdict ? verdict.kind : 'certificate' in verdict ? 'x509' : undefined,
    ...reason,
    signer,
    claimedSigner: claimed,
    ...('certificate' in verdict ? evidenceFields(verdict) : { times: [] }),
    rule,
    ...(carried === undefined ? {} : { carried: carriedResult(carried) }),
    ...(findings === undefined || findings.length === 0 ? {} : { findings }),
    ...approvalFields(verdict),
  };
}

/** Reads the person in an author, committer or tagger line. Returns undefined for a malformed line. */
export function shownPerson(
  line: Uint8Array | undefined,
  encoding: string | undefined,
): ReportedPerson | undefined {
  const person = readPerson(line, encoding);
  if (person === undefined) return undefined;
  const { name, email, time } = person;
  const date = rfc3339(time);
  return { name, email, date };
}

/** Returns author and committer of a commit, for display. */
export function peopleOf(header: CommitHeader): Pick<ObjectResult, 'author' | 'committer'> {
  const { encoding } = header;
  return {
    author: shownPerson(header.author, encoding),
    committer: shownPerson(header.committer, encoding),
  };
}

/** Returns the result record of one object. */
export function objectResult(judged: Judged): ObjectResult {
  const { id, type, raw, ref, policies, verdict } = judged;
  const header = type === 'commit' && raw !== undefined ? commitHeader(raw) : undefined;
  return {
    schemaVersion: SCHEMA_VERSION,
    objectId: id,
    objectType: type,
    ref,
    ...verdictFields(verdict),
    policies: policies?.map(sourceOf),
    ...(header === undefined ? {} : peopleOf(header)),
  };
}

const PLAIN = /^[\x20-\x7e\n]*$/;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Returns JSON that is safe on a terminal and in a CI log. Control characters, format characters and log commands are escaped. */
export function jsonText(value: unknown, indent = 0): string {
  const json = JSON.stringify(value, undefined, indent);
  const text = json.includes('##') ? json.replace(/##(\w*)\[/g, '##$1\\u005b') : json;
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return character;
    let escaped = '';
    for (let i = 0; i < character.length; i += 1) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}
