/** The agent that a signer talks to: one that somebody forwarded here, or this user's own, started where there is none. */

import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Crypto } from '../../core/crypto.ts';
import { isSignetError } from '../../errors.ts';
import type { Environment, Settings } from '../config.ts';
import { connectLocal } from './client.ts';
import { type AgentConnection, AgentTrouble, connectAgent } from './connection.ts';
import { instanceOf } from './instance.ts';
import { agentAddress, agentDirectory, checkParents, checkSocketPath } from './socket-path.ts';
import { startAgent } from './start.ts';

export interface Reached extends AgentConnection {
  /** '' with a forwarded agent, which needs none. */
  readonly secret: string;
}

export interface ReachOptions {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly cwd: string;
  readonly crypto: Crypto;
  /** The file this process started from. */
  readonly entry: string;
  /** False where a new agent could only say that nobody is logged in. */
  readonly worthStarting: () => Promise<boolean>;
}

/** Undefined where no agent runs and none is worth starting. @throws AgentTrouble; nothing else */
export async function reachAgent(options: ReachOptions): Promise<Reached | undefined> {
  const { agentSocket } = options.settings;
  try {
    return await (agentSocket === undefined ? reachOwn(options) : reachForwarded(agentSocket));
  } catch (error) {
    // a place that is not fit for an agent is a reason to do without one
    if (isSignetError(error)) throw new AgentTrouble('broken', error.message);
    throw error;
  }
}

async function reachOwn(options: ReachOptions): Promise<Reached | undefined> {
  const { settings, environment, cwd, crypto } = options;
  const instance = instanceOf(settings, cwd, crypto);
  const address = agentAddress(agentDirectory(settings, environment), instance.digest);
  const agent = await connectLocal(address).catch(async (error: unknown) => {
    if (!(error instanceof AgentTrouble) || error.kind !== 'absent') throw error;
    // a login that the keyring keeps needs nobody
    const use = settings.keyring || (await options.worthStarting());
    return use ? startAgent({ ...options, address, instance }) : undefined;
  });
  if (agent === undefined) return undefined;
  if (agent.greeting.instance === instance.digest) return agent;
  agent.close();
  throw new AgentTrouble('broken', 'the agent serves other settings than these');
}

/** The socket that sshd made here for us. What comes over it is believed only as far as it verifies. */
async function reachForwarded(path: string): Promise<Reached> {
  checkSocketPath(path);
  const me = process.getuid?.();
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new AgentTrouble('absent', `no agent is forwarded to ${path}`);
  if (me !== undefined) {
    if (!found.isSocket() || found.uid !== me) {
      throw new AgentTrouble('broken', `${path} is not a socket of this user`);
    }
    checkParents(dirname(path), me);
  }
  const agent = await connectAgent(path);
  if (agent.greeting.forwarded) return { ...agent, secret: '' };
  agent.close();
  throw new AgentTrouble(
    'broken',
    `${path} leads to an agent's own socket; forward its second one`,
  );
}
