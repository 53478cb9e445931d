/** Checks that a payload of any kind may be signed, for the commands that sign statements and for the agent. */

import { UsageError } from '../../errors.ts';
import { type PayloadKind, payloadKind } from '../git/payload-kind.ts';
import { checkPayload } from '../git/signable.ts';
import { Refusal } from '../verdict.ts';
import { readStatement } from './statement.ts';

/**
 * Returns the kind of a payload that may be signed: a statement, or what git hands over.
 * @throws UsageError for a payload of another kind, or one that is malformed
 */
export function checkSignable(payload: Uint8Array): PayloadKind {
  if (payloadKind(payload) !== 'statement') return checkPayload(payload);
  try {
    readStatement(payload);
    return 'statement';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new UsageError(`this statement cannot be signed: ${error.message}`);
  }
}
