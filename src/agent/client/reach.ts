/** The agent that a signer talks to: one that somebody forwarded here, or this user's own, started where there is none. */

import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Crypto } from '../../core/crypto.ts';
import { isSignetError } from '../../errors.ts';
import type { Settings } from '../../settings/load.ts';
import type { Environment } from '../../system/environment.ts';
import { type Instance, instanceOf } from '../instance.ts';
import {
  type AgentAddress,
  agentAddress,
  agentDirectory,
  checkParents,
  checkSocketPath,
} from '../socket-path.ts';
import { dialLocal, readSecret } from './client.ts';
import { AgentTrouble, connectAgent, type DialledAgent } from './connection.ts';
import { startAgent } from './start.ts';

export interface Reached extends Omit<DialledAgent, 'greeting'> {
  /** Undefined for a forwarded one, which is on another machine. */
  readonly address: AgentAddress | undefined;
  /** '' with a forwarded agent, which needs none. */
  readonly secret: string;
  /** To be awaited once, before the first reply: this is the agent that was meant. @throws AgentTrouble */
  readonly greeted: () => Promise<void>;
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

/** Undefined where no agent runs and none is worth starting. @throws AgentTrouble; what `worthStarting` throws */
export async function reachAgent(options: ReachOptions): Promise<Reached | undefined> {
  const { settings, environment, cwd, crypto } = options;
  const { agentSocket } = settings;
  if (agentSocket !== undefined) return placed(() => reachForwarded(agentSocket));
  const instance = instanceOf(settings, cwd, crypto);
  const address = await placed(() =>
    agentAddress(agentDirectory(settings, environment), instance.digest),
  );
  try {
    return await placed(() => reachAt(address, instance));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  // a login that the keyring keeps needs nobody
  if (!settings.keyring && !(await options.worthStarting())) return undefined;
  return placed(async () => {
    (await startAgent({ ...options, address, instance })).close();
    return reachAt(address, instance).catch((error: unknown) => {
      throw isAbsent(error) ? new AgentTrouble('ended', 'the agent ended at once') : error;
    });
  });
}

function isAbsent(error: unknown): boolean {
  return error instanceof AgentTrouble && error.kind === 'absent';
}

/** Whether it is to be asked again. */
export function hasEnded(error: unknown): boolean {
  return error instanceof AgentTrouble && error.kind === 'ended';
}

/** Often enough for an agent that somebody kills again and again; beyond that something is wrong with it. */
const ATTEMPTS = 5;

/**
 * Asks again where the agent ended in the middle: of all that were being served the first starts another one, and the
 * rest find it (threat D23). @throws what `ask` throws
 */
export async function askAgain<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!hasEnded(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** A place that is not fit for an agent is a reason to do without one. @throws AgentTrouble */
async function placed<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSignetError(error)) throw new AgentTrouble('broken', error.message);
    throw error;
  }
}

/**
 * This user's agent of an instance, at its address, which tells as much as the greeting: so it can be asked before it
 * has greeted, which saves a signature one wait. Where it has just started, what lay beside its address may have been
 * the secret of the one before: it has refused then, and `greeted` says so (`ended`). @throws as dialLocal
 */
export async function reachAt(address: AgentAddress, { digest }: Instance): Promise<Reached> {
  const { greeting, ...agent } = await dialLocal(address);
  const secret = presentable(address);
  const greeted = async (): Promise<void> => {
    const { forwarded, instance } = await greeting();
    if (forwarded) throw new AgentTrouble('broken', 'the agent is a forwarded one');
    if (instance !== digest)
      throw new AgentTrouble('broken', 'the agent serves other settings than these');
    if (readSecret(address.secretPath) !== secret)
      throw new AgentTrouble('ended', 'the agent has just started');
  };
  return { ...agent, secret, address, greeted };
}

/** What lies there now; '' for nothing that could be a secret. */
function presentable({ secretPath }: AgentAddress): string {
  try {
    return readSecret(secretPath);
  } catch {
    return '';
  }
}

/**
 * The socket that sshd made here for us. What comes over it is believed only as far as it verifies.
 * @throws AgentTrouble, also after so many seconds of silence; ConfigError for a place that others can change
 */
export async function reachForwarded(path: string, silence?: number): Promise<Reached> {
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
  const agent = await connectAgent(path, silence);
  const greeted = (): Promise<void> => Promise.resolve();
  if (agent.greeting.forwarded) return { ...agent, address: undefined, secret: '', greeted };
  agent.close();
  throw new AgentTrouble(
    'broken',
    `${path} leads to an agent's own socket; forward its second one`,
  );
}
