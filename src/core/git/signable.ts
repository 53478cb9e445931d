/**
 * Checks that a payload may be signed. It must be a commit or tag that a verifier reads as git does (threat D28). Signing
 * checks this before any login, and the agent checks it before it uses a key.
 */

import { UsageError } from '../../errors.ts';
import { Refusal } from '../verdict.ts';
import { type ObjectType, readHeader, typeOf } from './header.ts';
import { MAX_SIGNABLE } from './limits.ts';
import { bearsArmor } from './signed-object.ts';

/**
 * Returns the type of a payload that may be signed.
 * @throws UsageError for a payload that is neither commit nor tag, is malformed or too long, or already holds a signature
 */
export function checkPayload(payload: Uint8Array): ObjectType {
  if (payload.length > MAX_SIGNABLE) {
    throw refused(`the payload to sign is longer than ${MAX_SIGNABLE} bytes`);
  }
  const type = typeOf(payload);
  if (type === undefined) throw refused('the payload to sign is neither a commit nor a tag');
  try {
    readHeader(type, payload, { form: 'payload' });
  } catch (error) {
    if (error instanceof Refusal) throw refused(`this ${type} cannot be signed: ${error.message}`);
    throw error;
  }
  if (type === 'tag' && bearsArmor(payload)) {
    throw refused('this tag cannot be signed: it already holds a line that begins a signature');
  }
  return type;
}

function refused(problem: string): UsageError {
  return new UsageError(problem, {
    hint: 'let git call git-signet: git commit -S, git tag -s',
  });
}
