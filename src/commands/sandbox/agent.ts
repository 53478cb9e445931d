/** The agents of a sandbox live in its directory, and end with it. */

import { join } from 'node:path';
import { listAgents, stopAgent } from '../../agent/client/client.ts';
import { agentAddress } from '../../agent/socket-path.ts';

const directoryOf = (dir: string): string => join(dir, 'agent');
/** Has the length of every digest. */
const SOME_DIGEST = '0'.repeat(64);

/**
 * Returns the variables of what a signature keeps on this machine: the folder of the agents, and that of the state, so that
 * no test account gets into the user's own ledger. If the path is too long for a socket, agents use the usual folder.
 */
export function ownFolders(dir: string): Record<string, string> {
  const state = { XDG_STATE_HOME: join(dir, 'state') };
  try {
    agentAddress(directoryOf(dir), SOME_DIGEST);
    return { ...state, SIGNET_AGENT_DIRECTORY: directoryOf(dir) };
  } catch {
    return state;
  }
}

/** Ends the agents. An agent that does not answer ends when it notices that its socket is gone. */
export async function endAgents(dir: string): Promise<void> {
  const agents = await listAgents(directoryOf(dir)).catch(() => []);
  await Promise.all(agents.map(({ address }) => stopAgent(address).catch(() => false)));
}
