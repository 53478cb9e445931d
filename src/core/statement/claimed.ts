/** Reads what a bundle claims to say, so that a caller verifies only the bundles that it asks for. */

import { Refusal } from '../verdict.ts';
import { readBundle } from './bundle.ts';
import { readStatement, type Statement } from './statement.ts';

/** Returns the statement in a bundle, or undefined if either is malformed. Nothing of it is proved. */
export function claimedStatement(bundle: Uint8Array): Statement | undefined {
  try {
    return readStatement(readBundle(bundle).payload);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
