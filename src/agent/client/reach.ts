/** Reaches the agent that signs: one that was forwarded to this machine, or the user's own, which is started on first use. */

import { lstatSync } from 'node:fs';
import type { Crypto } from '../../core/crypto.ts';
import { isSignetError } from '../../errors.ts';
import { saidWait } from '../../http/said-waits.ts';
import type { Settings } from '../../settings/load.ts';
import type { SigningTools } from '../../signing/tools.ts';
import type { Environment } from '../../system/environment.ts';
import { dirname } from '../../system/paths.ts';
import { type Instance, instanceOf } from '../instance.ts';
import {
  type AgentAddress,
  agentAddress,
  agentDirectory,
  checkParents,
  checkSocketPath,
} from '../socket-path.ts';
import { AgentTrouble } from '../wire/failure.ts';
import { dialLocal, readSecret } from './client.ts';
import { connectAgent, type DialledAgent } from './connection.ts';
import { GREETING_SECONDS, START_SECONDS } from './patience.ts';
import { startAgent } from './start.ts';

export interface ReachedAgent extends Omit<DialledAgent, 'greeting'> {
  /** Undefined for a forwarded one, which is on another machine. */
  readonly address: AgentAddress | undefined;
  /** '' for a forwarded one, which needs none. */
  readonly secret: string;
  /** Awaited once, before the first reply: this is the agent that was meant. @throws AgentTrouble */
  readonly greeted: () => Promise<void>;
}

export interface ReachOptions {
  readonly settings: Settings;
  readonly env: Environment;
  readonly cwd: string;
  readonly crypto: Crypto;
  /** The file that this process started from. */
  readonly entry: string;
  /** Returns false if a new agent could only say that there is no login. */
  readonly worthStarting: () => Promise<boolean>;
}

/** Returns the agent, or undefined where none runs and none is worth starting. @throws AgentTrouble, and what `worthStarting` throws */
export async function reachAgent(options: ReachOptions): Promise<ReachedAgent | undefined> {
  const { settings, env, cwd, crypto } = options;
  const { agentSocket } = settings;
  if (agentSocket !== undefined) return placed(() => reachForwarded(agentSocket));
  const instance = instanceOf(settings, cwd, crypto);
  const address = await placed(() => agentAddress(agentDirectory(settings, env), instance.digest));
  try {
    return await placed(() => reachAt(address, instance));
  } catch (error) {
    if (!isTrouble(error, 'absent')) throw error;
  }
  // a login that the keyring keeps needs no person
  if (!settings.keyring && !(await options.worthStarting())) return undefined;
  return placed(async () => {
    (await startAgent({ ...options, address, instance })).close();
    return reachAt(address, instance).catch((error: unknown) => {
      throw isTrouble(error, 'absent')
        ? new AgentTrouble('ended', 'the agent ended at its start')
        : error;
    });
  });
}

/**
 * Returns the agent for a signature that is being made, and says on the terminal what takes long. Undefined if no agent
 * runs, and a new one could only say that there is no login. `loggedIn`: there is one. @throws AgentTrouble
 */
export async function reachForSigning(
  { invocation, settings, crypto }: Pick<SigningTools, 'invocation' | 'settings' | 'crypto'>,
  { loggedIn }: { readonly loggedIn: boolean } = { loggedIn: false },
): Promise<ReachedAgent | undefined> {
  const { env, cwd, entry, terminal } = invocation;
  const worthStarting = async (): Promise<boolean> => {
    if (loggedIn) return true;
    const { canLogIn } = await import('../../login/obtain-token.ts');
    return canLogIn({ settings, env, terminal });
  };
  const said = <T>(wait: Promise<T>, seconds: number): Promise<T> =>
    saidWait(wait, () => terminal.say(`waiting for the agent (up to ${seconds} s)`));
  const reaching = reachAgent({ settings, env, cwd, crypto, entry, worthStarting });
  // a forwarded agent greets meanwhile, the user's own may have to be started
  const starting = settings.agentSocket === undefined;
  const agent = await said(reaching, starting ? START_SECONDS : GREETING_SECONDS);
  if (agent === undefined) return undefined;
  return { ...agent, greeted: () => said(agent.greeted(), GREETING_SECONDS) };
}

function isTrouble(error: unknown, kind: AgentTrouble['kind']): boolean {
  return error instanceof AgentTrouble && error.kind === kind;
}

/** Returns true for an agent that went in the middle: the client asks again. */
export function hasEnded(error: unknown): boolean {
  return isTrouble(error, 'ended');
}

/** Enough for an agent that is killed again and again. Beyond that something is wrong with it. */
const ATTEMPTS = 5;

/**
 * Asks again if the agent ended in the middle. Of all clients that it served the first starts another agent, and the rest
 * find it (threat D23). @throws what `ask` throws
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

/** Turns a place that is not fit for an agent into a reason to sign without one. @throws AgentTrouble */
async function placed<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSignetError(error)) throw new AgentTrouble('broken', error.message);
    throw error;
  }
}

/**
 * Connects to the user's agent of an instance. Its address tells as much as its greeting, so the client asks before the agent has
 * greeted, which saves a signature one wait. If the agent has just started, the secret beside its address may have been
 * that of the one before: the agent refuses then, and `greeted` throws `ended`. @throws as dialLocal
 */
export async function reachAt(address: AgentAddress, { digest }: Instance): Promise<ReachedAgent> {
  const { greeting, ...agent } = await dialLocal(address);
  const secret = secretToShow(address);
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

/** Returns the secret that is there now, or '' for none that can be read. */
function secretToShow({ secretPath }: AgentAddress): string {
  try {
    return readSecret(secretPath);
  } catch {
    return '';
  }
}

/**
 * Connects to the socket that sshd made here for this user. What comes over it counts only as far as it verifies.
 * @throws AgentTrouble, also after so many seconds of silence, and ConfigError for a place that others can change
 */
export async function reachForwarded(path: string, silence?: number): Promise<ReachedAgent> {
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
    `${path} leads to an agent's own socket, and its second socket must be forwarded`,
  );
}
