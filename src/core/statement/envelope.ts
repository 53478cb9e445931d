/**
 * The bytes that the signature of a statement is over: the pre-authentication encoding of a DSSE envelope (secure-systems-lab/dsse).
 * They begin with `DSSEv1`. A signature for git is over DER that begins with 0x31, or in the online form over a
 * hash in hex. So no signature of one kind verifies as one of another kind.
 */

import { concat, utf8 } from '../bytes.ts';

/** The type of every payload that this program signs in an envelope. */
export const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/** Returns the pre-authentication encoding of a statement. */
export function preAuthEncoding(statement: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${statement.length} `;
  return concat(utf8(head), statement);
}
