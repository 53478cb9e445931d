/** What `login`, `logout` and `status` have in common: which credential signs here, and how one is told. */

import type { CredentialStatus } from '../../agent/wire/protocol.ts';
import { visible } from '../../core/escape.ts';
import { ANYBODY, signerMeets, writeExpectation } from '../../core/expectation.ts';
import { utcTime } from '../../core/time.ts';
import { committerHere } from '../../git/committer.ts';
import type { Settings } from '../../settings/load.ts';
import type { Invocation } from '../../system/invocation.ts';

/**
 * What a signature made here must meet, before there is anything to sign: `signet.identity`, and the committer that git
 * would write where it must match. In its text form (core/expectation.ts).
 */
export async function expectedHere(
  { identity, matchCommitter }: Pick<Settings, 'identity' | 'matchCommitter'>,
  { cwd, env }: Pick<Invocation, 'cwd' | 'env'>,
): Promise<string> {
  if (!matchCommitter) return writeExpectation({ identity });
  const committer = (await committerHere(cwd, env)) ?? { name: '', email: '' };
  return writeExpectation({ identity, committer });
}

/** The credential that a signer here would be served with, as the agent chooses it: its own, else one that fits. */
export function credentialFor(
  expected: string,
  credentials: readonly CredentialStatus[],
): CredentialStatus | undefined {
  const own = credentials.find((one) => one.expected === expected);
  if (own !== undefined || expected === ANYBODY) return own;
  return credentials.find(({ identity }) => {
    const kind = identity.includes('@') && !identity.includes('/') ? 'email' : 'uri';
    return signerMeets(expected, { kind, value: identity });
  });
}

/** True where a signature can be made with it without a person. */
export function serves({ notAfter, renewable }: CredentialStatus, now: number): boolean {
  return renewable || notAfter > now;
}

/** `alice@example.test (https://accounts.example.test), until 2026-11-21 11:54:32Z, renews by itself` */
export function describeCredential(one: CredentialStatus, now: number): string {
  const { identity, issuer, notAfter, renewable } = one;
  const until = notAfter > now ? `until ${utcTime(notAfter)}` : 'expired';
  const renewal = renewable ? ', renews by itself' : '';
  return `${visible(identity)} (${visible(issuer)}), ${until}${renewal}`;
}
