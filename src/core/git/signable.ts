/**
 * Checks that a payload may be signed. It must be a commit, tag or push certificate that a verifier reads as git does (threats D28,
 * K1). Signing checks this before any login, and the agent checks it before it uses a key.
 */

import { UsageError } from '../../errors.ts';
import { Refusal } from '../verdict.ts';
import { MAX_SIGNABLE } from './limits.ts';
import { KIND_WORDS, type PayloadKind, payloadKind } from './push-certificate.ts';
import { bearsArmor, openPayload } from './signed-object.ts';

/**
 * Returns the kind of a payload that may be signed.
 * @throws UsageError for a payload of another kind, or one that is malformed, too long or already holds a signature
 */
export function checkPayload(payload: Uint8Array): PayloadKind {
  if (payload.length > MAX_SIGNABLE) {
    throw refused(`the payload to sign is longer than ${MAX_SIGNABLE} bytes`);
  }
  const kind = payloadKind(payload);
  if (kind === undefined) {
    throw refused('the payload to sign is neither a commit nor a tag nor a push certificate');
  }
  try {
    openPayload(payload);
  } catch (error) {
    if (error instanceof Refusal) {
      throw refused(`this ${KIND_WORDS[kind]} cannot be signed: ${error.message}`);
    }
    throw error;
  }
  if (kind === 'tag' && bearsArmor(payload)) {
    throw refused('this tag cannot be signed: it already holds a line that begins a signature');
  }
  return kind;
}

function refused(problem: string): UsageError {
  return new UsageError(problem, {
    hint: 'let git call git-signet: git commit -S, git tag -s, git push --signed',
  });
}
