/** What `status` and `doctor` find out about where a signature made here gets its login, as signing itself looks for it. */

import { visible } from '../core/escape.ts';
import { isSignetError } from '../errors.ts';
import { AgentTrouble } from '../io/agent/connection.ts';
import { reachForwarded } from '../io/agent/reach.ts';
import type { Settings } from '../io/config.ts';

/** An agent on another machine, at a socket that was forwarded here. */
export interface ForwardedAgent {
  readonly path: string;
  readonly answers: boolean;
  /** What was found, in a line: where it is, and why it is of no use where it is not. */
  readonly line: string;
}

/** Nothing but a tunnel lies between: an agent greets at once. */
const SILENCE_SECONDS = 5;

/** What can only be mended where the login is. */
export const FORWARD_REMEDY =
  'on the machine where the login is: git signet agent start, then connect again (git signet agent forward says how)';

/** The agent that `signet.agentSocket` leads to; undefined where that is not set. It is not asked who is logged in: it would not say. */
export async function forwardedHere({
  agentSocket: path,
}: Pick<Settings, 'agentSocket'>): Promise<ForwardedAgent | undefined> {
  if (path === undefined) return undefined;
  const name = `forwarded agent at ${visible(path)}`;
  try {
    (await reachForwarded(path, SILENCE_SECONDS)).close();
    const line = `${name} answers; who is logged in is known on the other machine`;
    return { path, answers: true, line };
  } catch (error) {
    if (!(error instanceof AgentTrouble) && !isSignetError(error)) throw error;
    return { path, answers: false, line: `${name} does not answer: ${visible(error.message)}` };
  }
}
