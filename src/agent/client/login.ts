/**
 * The login that the agent asks this process for. It is made once, whatever becomes of the agent meanwhile (threat D23).
 * The agent gets it. If that agent has ended, the next one gets it. If no agent takes it, this process signs with it.
 */

import { isSignetError } from '../../errors.ts';
import { createHttpClient } from '../../http/http.ts';
import { networkOptions } from '../../http/network.ts';
import type { IdentityToken } from '../../login/token-request.ts';
import { chooseServices } from '../../services/choose-servers.ts';
import { reachAll, signingServers } from '../../services/reachability.ts';
import { type SigningParts, withLogin } from '../../signing/login.ts';
import { obtainCredential, signWithCredential } from '../../signing/sign.ts';
import type { SigningTask } from '../../signing/signature-types.ts';
import type { AgentAddress } from '../socket-path.ts';
import { AgentTrouble, HandedBack, isAgentFailure } from '../wire/failure.ts';
import type { SignedReply } from '../wire/protocol.ts';
import { networkOf } from '../wire/request-network.ts';
import { signedReply } from '../wire/signed-reply.ts';
import { offerLogin, reachThrough } from './client.ts';
import { askAgain, hasEnded, reachForSigning } from './reach.ts';
import { type AgentSigning, signByAgent } from './sign-client.ts';
import { namingKeptLogins } from './unchosen-login.ts';

interface Asked extends Omit<AgentSigning, 'login'> {
  /** The agent that asks for this login. */
  readonly address: AgentAddress | undefined;
}

/** Logs in, and gives the login to `use`, which asks the agent. @throws LoginError, ServiceError, AnswerError */
export async function loginForAgent(
  signing: SigningTask,
  asked: Asked,
  use: (login: IdentityToken) => Promise<SignedReply>,
): Promise<SignedReply> {
  const request = await signing.request();
  return withLogin(asked.payload, request, async (login, parts) => {
    try {
      return await use(login).catch(async (error: unknown) => {
        // a server that this process does not reach either is told at once, without waiting for it again
        if (error instanceof HandedBack && !(await reaches(parts))) throw error.why;
        if (error instanceof HandedBack || hasEnded(error)) return handOver(login, signing, asked);
        throw error;
      });
    } catch (error) {
      if (!isAgentFailure(error)) throw error;
      signing.invocation.terminal.say(`${error.message}, signing without it`);
      return signHere(login, parts, asked);
    }
  }).catch(async (error: unknown) => {
    throw await namingKeptLogins(error, { ...asked, now: request.now() });
  });
}

/** Returns whether this process reaches all servers that sign. @throws ConfigError */
export async function reachesServers(signing: SigningTask): Promise<boolean> {
  const { settings, invocation } = signing;
  const { signingConfig, now } = await signing.request();
  const services = chooseServices(settings, signingConfig, now());
  const { send, close } = createHttpClient(networkOptions(settings, invocation.env));
  try {
    return await reaches({ services, send });
  } finally {
    close();
  }
}

/** Returns whether the agent reaches them by the network of this process. @throws AgentTrouble */
export async function agentReaches(signing: SigningTask): Promise<boolean> {
  const { settings, invocation } = signing;
  const agent = await reachForSigning(signing);
  if (agent?.address === undefined) return false;
  agent.close();
  try {
    await reachThrough(agent.address, networkOf(settings, invocation.env, invocation.cwd));
    return true;
  } catch (error) {
    if (error instanceof HandedBack) return false;
    throw error;
  }
}

async function reaches({
  services,
  send,
}: Pick<SigningParts, 'services' | 'send'>): Promise<boolean> {
  try {
    await reachAll(signingServers(services), send);
    return true;
  } catch (error) {
    if (isSignetError(error)) return false;
    throw error;
  }
}

/**
 * Gives the login to the agent once more, or to the one that follows it. It offers the login before it asks for a signature,
 * because another client may have begun a login there, and the agent would wait for that one. @throws AgentTrouble
 */
async function handOver(
  login: IdentityToken,
  signing: SigningTask,
  asked: Asked,
): Promise<SignedReply> {
  return askAgain(async () => {
    const agent = await reachForSigning(signing, { loggedIn: true });
    if (agent?.address === undefined) throw new AgentTrouble('broken', 'the agent has ended');
    try {
      const { expected: identity, network } = asked;
      await offerLogin(agent.address, { ...login, identity, network });
      return await signByAgent(agent, { ...asked, login: (use) => use(login) });
    } finally {
      setImmediate(agent.close);
    }
  });
}

async function signHere(
  login: IdentityToken,
  parts: SigningParts,
  { payload, expected }: Asked,
): Promise<SignedReply> {
  const credential = await obtainCredential(login, expected, parts);
  const made = await signWithCredential(payload, credential, parts);
  return signedReply(made, { payload, online: parts.settings.rekorMode === 'online' });
}
