/**
 * Verifies stored statements: the evidence, then that the statement is about the object under which it is kept, then who
 * signed it. A statement that is kept under another object than its own proves nothing about either of them.
 */

import { fromBase64, fromUtf8 } from '../core/bytes.ts';
import type { EvidenceContext } from '../core/evidence.ts';
import { isRecord } from '../core/json.ts';
import { statementSigner } from '../core/policy/statement-signer.ts';
import { notAllowed, rejected } from '../core/rejection.ts';
import type { Statement, SubjectType } from '../core/statement/statement.ts';
import { verifyStatement } from '../core/statement/verify.ts';
import type { IdentityPolicy, Verdict } from '../core/verdict.ts';
import type { StoredStatement } from './read.ts';

/** The object that statements are asked for. */
export interface AboutObject {
  readonly type: SubjectType;
  /** Full hash. */
  readonly id: string;
}

/** A stored statement with its verdict. */
export interface JudgedStatement extends StoredStatement {
  readonly verdict: Verdict;
  /** Present if the evidence holds and the statement is about the object. */
  readonly statement?: Statement;
  /** Names of the policy's signers that it is by. Empty without a policy, or if the policy does not allow it. */
  readonly signers: readonly string[];
  /** The name under which the policy counts the person. */
  readonly person?: string;
}

const GITSIGN =
  'gitsign wrote it: no certificate and no log entry are stored with it, so it proves nothing';

/** Returns the predicate type that a stored statement claims, or undefined if it cannot be read. It is not proved. */
export function claimedType({ bytes, kind }: StoredStatement): string | undefined {
  try {
    const json: unknown = JSON.parse(fromUtf8(bytes) ?? '');
    const envelope = kind === 'gitsign' ? json : isRecord(json) && json['dsseEnvelope'];
    const payload = isRecord(envelope) ? envelope['payload'] : undefined;
    const raw = typeof payload === 'string' ? fromBase64(payload) : undefined;
    const statement: unknown = raw && JSON.parse(fromUtf8(raw) ?? '');
    const type = isRecord(statement) ? statement['predicateType'] : undefined;
    return typeof type === 'string' ? type : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAbout({ subjects }: Statement, { type, id }: AboutObject): boolean {
  return subjects.some((subject) => subject.type === type && subject.id === id);
}

function shown(subjects: Statement['subjects']): string {
  const [first] = subjects;
  const more = subjects.length > 1 ? ` and ${subjects.length - 1} more` : '';
  return `the ${first?.type} ${first?.id}${more}`;
}

/** Verifies one stored statement about an object. Without a policy every signer is allowed. */
export async function judgeStatement(
  stored: StoredStatement,
  about: AboutObject,
  context: EvidenceContext,
  policy?: IdentityPolicy,
): Promise<JudgedStatement> {
  const at = { check: 'object' } as const;
  if (stored.kind === 'gitsign') {
    const verdict = rejected(at, 'statement-without-evidence', GITSIGN);
    return { ...stored, verdict, signers: [] };
  }
  const { verdict, statement } = await verifyStatement(stored.bytes, context);
  if (verdict.status !== 'verified' || statement === undefined) {
    return { ...stored, verdict, signers: [] };
  }
  if (!isAbout(statement, about)) {
    const detail = `the statement is about ${shown(statement.subjects)}, and not about the ${about.type} ${about.id}`;
    return { ...stored, verdict: rejected(at, 'statement-subject-differs', detail), signers: [] };
  }
  if (policy === undefined) return { ...stored, verdict, statement, signers: [] };
  const ids = statement.subjects.map(({ id }) => id);
  const signer = statementSigner(policy, verdict, { ids });
  if (!signer.allowed) {
    const refused = notAllowed(verdict, signer.code, signer.detail);
    return { ...stored, verdict: refused, statement, signers: [] };
  }
  const { names, person } = signer;
  const [rule = ''] = names;
  return { ...stored, verdict: { ...verdict, rule }, statement, signers: names, person };
}
