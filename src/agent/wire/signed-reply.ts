/** A signature as it travels from the agent to the client, which verifies it. The fields beside the armor are for status lines. */

import { toBase64 } from '../../core/bytes.ts';
import { encodeWholeLogEntry } from '../../core/rekor/log-entry.ts';
import type { MadeSignature } from '../../signing/credential.ts';
import type { SignedReply } from './protocol.ts';

/** Returns the reply. `online`: the signature does not embed its log entry, so the entry goes along. */
export function signedReply(
  made: MadeSignature,
  { online }: { readonly online: boolean },
): SignedReply {
  const { armor, signingTime, certificateSha1, certificateHashAlgorithm, logEntry } = made;
  return {
    reply: 'signed',
    armor,
    signingTime,
    certificateSha1,
    certificateHashAlgorithm,
    logEntry: online && logEntry !== undefined ? toBase64(encodeWholeLogEntry(logEntry)) : '',
  };
}
