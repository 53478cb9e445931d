/** The agent that signs here, for a signature that is being made: reached, or started where one could do anything. */

import { saidWait } from '../../http/said-waits.ts';
import type { SigningTools } from '../../signing/tools.ts';
import { HandedBack } from '../wire/failure.ts';
import { ProtocolError } from '../wire/protocol.ts';
import { AgentTrouble } from './connection.ts';
import { GREETING_SECONDS, START_SECONDS } from './patience.ts';
import { type Reached, reachAgent } from './reach.ts';

/** Whether it is only the agent that failed, so that the signature can be made without it. */
export function isAgentsOwn(error: unknown): error is AgentTrouble | HandedBack | ProtocolError {
  const kinds = [AgentTrouble, HandedBack, ProtocolError];
  return kinds.some((kind) => error instanceof kind);
}

/** Undefined where no agent runs, and a new one could only say that nobody can log in. @throws AgentTrouble */
export async function reachHere(
  { invocation, settings, crypto }: Pick<SigningTools, 'invocation' | 'settings' | 'crypto'>,
  loggedIn = false,
): Promise<Reached | undefined> {
  const { env: environment, cwd, entry, terminal } = invocation;
  const worthStarting = async (): Promise<boolean> => {
    if (loggedIn) return true;
    const { somebodyCanLogIn } = await import('../../login/obtain-token.ts');
    return somebodyCanLogIn({ settings, env: environment, terminal });
  };
  /** Nothing waits long without saying for what. */
  const said = <T>(wait: Promise<T>, seconds: number): Promise<T> =>
    saidWait(wait, () => terminal.say(`waiting for the agent (up to ${seconds} s)`));
  const reaching = reachAgent({ settings, environment, cwd, crypto, entry, worthStarting });
  // one that is forwarded greets meanwhile, one of this user's own may have to be started
  const starting = settings.agentSocket === undefined;
  const agent = await said(reaching, starting ? START_SECONDS : GREETING_SECONDS);
  if (agent === undefined) return undefined;
  return { ...agent, greeted: () => said(agent.greeted(), GREETING_SECONDS) };
}
