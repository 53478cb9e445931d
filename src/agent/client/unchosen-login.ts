/** Explains a failed login to a user who is logged in already: no setting chooses which of these logins signs here. */

import { visible } from '../../core/escape.ts';
import { ANYBODY } from '../../core/expected-account.ts';
import { isSignetError, LoginError } from '../../errors.ts';
import { shellWord } from '../../system/shell.ts';
import type { AgentAddress } from '../socket-path.ts';
import { AgentTrouble } from '../wire/failure.ts';
import type { CredentialStatus } from '../wire/protocol.ts';
import { agentState } from './client.ts';

/** Returns true if the credential can sign without a person. `now`: Unix seconds. */
export function serves({ notAfter, renewable }: CredentialStatus, now: number): boolean {
  return renewable || notAfter > now;
}

interface Asked {
  readonly address: AgentAddress | undefined;
  /** In the text form of core/expected-account.ts. */
  readonly expected: string;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Returns the error that the user is told. If no login was possible, and the agent keeps logins that no setting chooses,
 * the error names them and the command that chooses one. Else it is `error` itself.
 */
export async function namingKeptLogins(
  error: unknown,
  { address, expected, now }: Asked,
): Promise<unknown> {
  const unasked = isSignetError(error) && error.code === 'LOGIN_NO_TERMINAL';
  if (!unasked || expected !== ANYBODY || address === undefined) return error;
  const kept = (await credentialsOf(address)).filter((one) => serves(one, now));
  const names = kept.map(({ identity }) => identity);
  if (names[0] === undefined) return error;
  const message = `no setting (signet.identity) says which of your logins signs here: ${names.join(', ')}`;
  return new LoginError('LOGIN_NO_TERMINAL', visible(message), {
    hint: `git signet use ${visible(shellWord(names[0]))}`,
    cause: error,
  });
}

/** Returns what the agent keeps, and nothing if it does not answer: then the first error stands. */
async function credentialsOf(address: AgentAddress): Promise<readonly CredentialStatus[]> {
  try {
    return (await agentState(address)).credentials;
  } catch (error) {
    if (error instanceof AgentTrouble) return [];
    throw error;
  }
}
