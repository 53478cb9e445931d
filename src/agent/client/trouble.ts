/** What goes wrong with agents, as people are told; and asking all of them, where one keeps nobody from asking the others. */

import { ServiceError } from '../../errors.ts';
import type { Invocation } from '../../system/invocation.ts';
import type { AgentAddress } from '../socket-path.ts';
import { HandedBack } from '../wire/failure.ts';
import type { ListedAgent } from './client.ts';
import { AgentTrouble } from './connection.ts';

/** An agent's trouble as an error for people. */
export function readable(error: unknown, { path }: AgentAddress): unknown {
  if (error instanceof HandedBack) return error.why;
  if (!(error instanceof AgentTrouble)) return error;
  return new ServiceError('SERVICE_UNREACHABLE', `${error.message} (${path})`, {
    hint: 'end the process that has that socket, or remove it',
  });
}

const SILENT = new AgentTrouble('broken', 'an agent does not answer, and stays');

export interface Asked {
  /** The sum of what they answered. */
  readonly count: number;
  readonly troubles: readonly unknown[];
}

/** All at once. One that did not answer when it was listed is not waited for again. Never rejects. */
export async function askEvery(
  agents: readonly ListedAgent[],
  ask: (address: AgentAddress) => Promise<number>,
): Promise<Asked> {
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

/** Ends with what went wrong, where something did: every one of them is told. @throws the last of them */
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
