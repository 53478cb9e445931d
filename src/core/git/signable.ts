/**
 * Checks that a payload may be signed. It must be a commit, tag or push certificate that a verifier reads as git does (threats D28,
 * K1). Signing checks this before any login, and the agent checks it before it uses a key.
 */

import { UsageError } from '../../errors.ts';
import { Refusal } from '../verdict.ts';
import { MAX_SIGNABLE } from './limits.ts';
import { type GitKind, KIND_WORDS, payloadKind } from './payload-kind.ts';
import { bearsArmor, openPayload } from './signed-object.ts';

/**
 * Returns the kind of a payload that may be signed for git.
 * @throws UsageError for a payload of another kind, or one that is malformed, too long or already holds a signature
 */
export function checkPayload(payload: Uint8Array): GitKind {
  if (payload.length > MAX_SIGNABLE) {
    throw refused(`the payload to sign is longer than ${MAX_SIGNABLE} bytes`);
  }
  const kind = payloadKind(payload);
  // git hands over none, so a caller that gives one here wants a signature of another kind for it
  if (kind === undefined || kind === 'statement') {
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
