/**
 * What may be signed: a commit or tag that a verifier would read as git does, and nothing else (threat D28). The signer
 * asks before any login, the agent before it uses a key.
 */

import { UsageError } from '../../errors.ts';
import { Refusal } from '../verdict.ts';
import { type ObjectType, readHeader, typeOf } from './header.ts';
import { MAX_SIGNABLE } from './limits.ts';
import { bearsArmor } from './object.ts';

/**
 * Returns the type of a payload that may be signed.
 * @throws UsageError for what is neither commit nor tag; for a malformed or too long one; for one that
 * holds a signature already
 */
export function checkPayload(payload: Uint8Array): ObjectType {
  if (payload.length > MAX_SIGNABLE) {
    throw refused(`what is to be signed is longer than ${MAX_SIGNABLE} bytes`);
  }
  const type = typeOf(payload);
  if (type === undefined) throw refused('what is to be signed is neither a commit nor a tag');
  try {
    readHeader(type, payload, { form: 'payload' });
  } catch (error) {
    if (error instanceof Refusal) throw refused(`this ${type} cannot be signed: ${error.message}`);
    throw error;
  }
  if (type === 'tag' && bearsArmor(payload)) {
    throw refused('this tag cannot be signed: a line of it begins a signature already');
  }
  return type;
}

function refused(problem: string): UsageError {
  return new UsageError(problem, {
    hint: 'git-signet is called by git: git commit -S, git tag -s',
  });
}
