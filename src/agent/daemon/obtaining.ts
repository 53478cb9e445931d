/** A certificate for a login that was given or renewed: only for whom it must be for (threat D09). */

import { ANYBODY, acceptExpected, acceptSigner } from '../../core/expectation.ts';
import type { Credential } from '../../signing/credential.ts';
import type { Secret } from '../../system/secret.ts';
import type { Network, Workshop } from './workshop.ts';

export interface Obtaining {
  readonly token: Secret;
  /** Whom it must be for, in its text form (core/expectation.ts). */
  readonly expected: string;
  readonly network: Network;
  /** The very account that it must be for; undefined: any that is expected. */
  readonly mustBe?: string | undefined;
}

/** A certificate for the account of a token, if it is expected. @throws LoginError, ServiceError, AnswerError */
export async function obtainFor(
  workshop: Pick<Workshop, 'readToken' | 'obtain'>,
  { token, expected, network, mustBe = ANYBODY }: Obtaining,
): Promise<Credential> {
  const claims = workshop.readToken(token);
  acceptExpected(expected, claims);
  const credential = await workshop.obtain({ token, claims }, expected, network);
  acceptSigner(expected, credential.signer);
  acceptSigner(mustBe, credential.signer);
  return credential;
}
