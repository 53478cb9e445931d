/** Signs one statement, by the agent or in place, with the settings, questions and lines that `git commit` has. */

import { utf8 } from '../../core/bytes.ts';
import { readStatement } from '../../core/statement/statement.ts';
import type { Invocation } from '../../system/invocation.ts';
import { withSeries } from '../signing-series.ts';

/** A statement that was signed, published and verified. */
export interface MadeStatement {
  /** The Sigstore bundle, as JSON. */
  readonly bundle: Uint8Array;
  readonly identity: string;
  /** Decimal, or '' if it is in no log. */
  readonly logIndex: string;
}

/**
 * Signs a statement and verifies the result as any verifier would. Its digest becomes public in the log, and its content
 * does not. @throws Refusal `statement-malformed`, LoginError, ServiceError, AnswerError
 */
export async function makeStatement(
  statement: Uint8Array,
  invocation: Invocation,
): Promise<MadeStatement> {
  readStatement(statement);
  return withSeries(statement, invocation, async (sign) => {
    const { armor, identity, logIndex } = await sign(statement);
    return { bundle: utf8(armor), identity, logIndex };
  });
}
