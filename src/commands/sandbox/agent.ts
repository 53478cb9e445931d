/** The agents of a sandbox live in its directory, and end with it. */

import { join } from 'node:path';
import { listAgents, stopAgent } from '../../agent/client/client.ts';
import { agentAddress } from '../../agent/socket-path.ts';

const directoryOf = (dir: string): string => join(dir, 'agent');
/** Has the length of every digest. */
const SOME_DIGEST = '0'.repeat(64);

/** Returns the folder for this sandbox's agents, or undefined if its path is too long for a socket. Then the usual folder is used. */
export function agentEnvironment(dir: string): Record<string, string> {
  try {
    agentAddress(directoryOf(dir), SOME_DIGEST);
    return { SIGNET_AGENT_DIRECTORY: directoryOf(dir) };
  } catch {
    return {};
  }
}

/** Ends the agents. An agent that does not answer ends when it notices that its socket is gone. */
export async function endAgents(dir: string): Promise<void> {
  const agents = await listAgents(directoryOf(dir)).catch(() => []);
  await Promise.all(agents.map(({ address }) => stopAgent(address).catch(() => false)));
}
