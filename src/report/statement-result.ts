/** Writes one verified statement as JSON, with the fields of a verified object (schema/verify-result.schema.json). */

import type { Json } from '../core/json.ts';
import type { Statement, SubjectType } from '../core/statement/statement.ts';
import type { Verdict } from '../core/verdict.ts';
import { objectResult } from './json.ts';

/** A statement with its verdict. */
export interface ReportedStatement {
  readonly verdict: Verdict;
  /** `<ref>:<path>`. */
  readonly place: string;
  /** The predicate type. It is only claimed if the evidence does not hold. */
  readonly type: string | undefined;
  readonly statement?: Statement;
}

/** Returns the result record of one statement. `predicate` is there only if the evidence holds. */
export function statementResult(
  { id, type: objectType }: { readonly id: string; readonly type: SubjectType },
  { verdict, place, type, statement }: ReportedStatement,
): Json {
  const result = objectResult({ id, type: objectType, verdict });
  return { ...result, place, predicateType: type, predicate: statement?.predicate };
}
