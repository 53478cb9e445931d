/** A signature as it travels from the agent to the client, which verifies it. The fields beside the signature are for status lines. */

import { toBase64 } from '../../core/bytes.ts';
import { payloadKind } from '../../core/git/payload-kind.ts';
import { encodeWholeLogEntry } from '../../core/rekor/log-entry.ts';
import { withoutStatement } from '../../core/statement/bundle.ts';
import type { MadeSignature } from '../../signing/credential.ts';
import type { SignedReply } from './protocol.ts';

/**
 * Returns the reply. The client has a statement, so its bundle goes without it. `online`: the signature does not embed its
 * log entry, so the entry goes along.
 */
export function signedReply(
  made: MadeSignature,
  { payload, online }: { readonly payload: Uint8Array; readonly online: boolean },
): SignedReply {
  const { signature, signingTime, certificateSha1, certificateHashAlgorithm, logEntry } = made;
  return {
    reply: 'signed',
    signature: payloadKind(payload) === 'statement' ? withoutStatement(signature) : signature,
    signingTime,
    certificateSha1,
    certificateHashAlgorithm,
    logEntry: online && logEntry !== undefined ? toBase64(encodeWholeLogEntry(logEntry)) : '',
  };
}
