/** Makes one signature, by the agent or in place. It is verified before a caller gets it. */

import { utf8 } from '../../core/bytes.ts';
import { AnswerError } from '../../errors.ts';
import type { SigningTask, VerifiedSignature } from '../../signing/signature-types.ts';

/** Signs in place. @throws AnswerError `SELF_VERIFICATION` if the signature does not verify */
async function makeHere({ payload, request, verifier }: SigningTask): Promise<VerifiedSignature> {
  const [{ signPayload }, asked] = await Promise.all([import('../../signing/sign.ts'), request()]);
  const made = await signPayload(payload, asked);
  const verdict = await (await verifier()).verify(payload, utf8(made.signature), made.logEntry);
  if (verdict.status === 'verified') return made;
  throw new AnswerError(
    'SELF_VERIFICATION',
    `the signature just made does not verify: ${verdict.detail}`,
    { hint: 'check that signet.trust belongs to these servers: git signet trust show' },
  );
}

/** Returns a verified signature. @throws LoginError, ServiceError, AnswerError */
export async function makeSignature(signing: SigningTask): Promise<VerifiedSignature> {
  if (!signing.agentMay) return makeHere(signing);
  const { makeByAgent } = await import('./sign-by-agent.ts');
  return (await makeByAgent(signing)) ?? makeHere(signing);
}
