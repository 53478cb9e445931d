/** Agents of a sandbox live in its directory, and end with it. */

import { join } from 'node:path';
import { listAgents, stopAgent } from '../../agent/client/client.ts';
import { agentAddress } from '../../agent/socket-path.ts';

const directoryOf = (dir: string): string => join(dir, 'agent');
/** As long as any digest. */
const SOME_DIGEST = '0'.repeat(64);

/** Where agents of this sandbox go; nothing where the path is too long for a socket: then they go where all go. */
export function agentEnvironment(dir: string): Record<string, string> {
  try {
    agentAddress(directoryOf(dir), SOME_DIGEST);
    return { SIGNET_AGENT_DIRECTORY: directoryOf(dir) };
  } catch {
    return {};
  }
}

/** Ends them. One that does not answer notices that its socket has gone. */
export async function endAgents(dir: string): Promise<void> {
  const agents = await listAgents(directoryOf(dir)).catch(() => []);
  await Promise.all(agents.map(({ address }) => stopAgent(address).catch(() => false)));
}
