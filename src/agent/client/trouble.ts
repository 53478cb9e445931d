/** What people are told of trouble with agents, and how all agents are asked at once. */

import { ServiceError } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { AgentAddress } from '../socket-path.ts';
import { AgentTrouble, HandedBack } from '../wire/failure.ts';
import type { ListedAgent } from './client.ts';

/** Returns an agent's trouble as an error for people, and any other error as it is. */
export function readable(error: unknown, { path }: AgentAddress): unknown {
  if (error instanceof HandedBack) return error.why;
  if (!(error instanceof AgentTrouble)) return error;
  return new ServiceError('SERVICE_UNREACHABLE', `${error.message} (${path})`, {
    hint: 'end the process that has that socket, or remove it',
  });
}

const SILENT = new AgentTrouble('broken', 'an agent does not answer, and stays');

export interface AgentAnswers {
  /** The sum of what they answered. */
  readonly count: number;
  readonly troubles: readonly unknown[];
}

/** Asks all agents at once. It does not wait again for one that did not answer when it was listed. Never rejects. */
export async function askEvery(
  agents: readonly ListedAgent[],
  ask: (address: AgentAddress) => Promise<number>,
): Promise<AgentAnswers> {
  const outcomes = await Promise.allSettled(
    agents.map(({ address, state }) =>
      state === undefined ? Promise.reject(readable(SILENT, address)) : ask(address),
    ),
  );
  const answered = outcomes.map((each) => (each.status === 'fulfilled' ? each.value : 0));
  return {
    count: answered.reduce((sum, one) => sum + one, 0),
    troubles: outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
  };
}

/** Says all troubles but the last, and throws that one. Returns if there are none. */
export function endWithTrouble(
  troubles: readonly unknown[],
  { terminal }: Pick<Invocation, 'terminal'>,
): void {
  if (troubles.length === 0) return;
  for (const trouble of troubles.slice(0, -1)) {
    terminal.say(trouble instanceof Error ? trouble.message : String(trouble));
  }
  throw troubles.at(-1);
}
