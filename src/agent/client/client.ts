/**
 * What commands ask an agent: its state, to keep a login, to forget one, to end. (Signing: sign-client.ts.) The client
 * checks the directory before it sends anything there, and presents the secret in it (threats D02, D03, D16).
 */

import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { fromHex } from '../../core/bytes.ts';
import type { Secret } from '../../system/secret.ts';
import {
  type AgentAddress,
  agentAddress,
  checkDirectory,
  directoryExists,
} from '../socket-path.ts';
import { AgentTrouble, errorOf, handedBack, oddAnswer } from '../wire/failure.ts';
import type { AgentReply, AgentRequest, AgentState, CredentialStatus } from '../wire/protocol.ts';
import type { RequestNetwork } from '../wire/request-network.ts';
import { type AgentConnection, type DialledAgent, dialAgent } from './connection.ts';

export interface LocalAgent extends AgentConnection {
  /** Presented with each request. */
  readonly secret: string;
}

const SECRET_LENGTH = 32;
const ASKING_SECONDS = 20;
/** The agent asks the CA before it keeps a login. */
const OFFER_SECONDS = 100;

/**
 * Reads the secret of the agent's start, a plain file that only this user can read.
 * @throws AgentTrouble: `ended` where there is none, because an agent removes its own, or else `broken`
 */
export function readSecret(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw absent
      ? new AgentTrouble('ended', 'the agent has no secret')
      : new AgentTrouble('broken', 'the secret of the agent cannot be read');
  }
  try {
    const stat = fstatSync(descriptor);
    const me = process.getuid?.();
    const ours = me === undefined || (stat.uid === me && (stat.mode & 0o077) === 0);
    const text = stat.isFile() && ours && stat.size < 100 ? readFileSync(descriptor, 'utf8') : '';
    if (fromHex(text.trim())?.length === SECRET_LENGTH) return text.trim();
    throw new AgentTrouble('broken', 'the secret of the agent is damaged, or open to others');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Connects to the place where an agent of this user listens. The place is the proof. The greeting is still to come.
 * @throws AgentTrouble: `absent` when none runs, and ConfigError for a directory that others can change
 */
export async function dialLocal(address: AgentAddress): Promise<DialledAgent> {
  if (!directoryExists(address.directory)) throw new AgentTrouble('absent', 'no agent is running');
  checkDirectory(address.directory);
  return dialAgent(address.path);
}

/** Connects to an agent of this user, and reads its greeting. @throws as dialLocal */
export async function connectLocal(address: AgentAddress): Promise<LocalAgent> {
  const dialled = await dialLocal(address);
  try {
    const greeting = await dialled.greeting();
    if (greeting.forwarded) throw new AgentTrouble('broken', 'the agent is a forwarded one');
    // not before: a starting agent writes its secret after it listens
    return { ...dialled, greeting, secret: readSecret(address.secretPath) };
  } catch (error) {
    dialled.close();
    throw error;
  }
}

/** Asks one question, and returns the answer. @throws AgentTrouble, or the error in the agent */
async function ask<R extends AgentReply['reply']>(
  address: AgentAddress,
  wanted: R,
  request: (secret: string) => AgentRequest,
  seconds = ASKING_SECONDS,
): Promise<Extract<AgentReply, { readonly reply: R }>> {
  const agent = await connectLocal(address);
  try {
    agent.send(request(agent.secret));
    for (;;) {
      const reply = await agent.receive(seconds);
      if (reply.reply === wanted) return reply as Extract<AgentReply, { readonly reply: R }>;
      if (reply.reply === 'error') throw errorOf(reply);
      if (reply.reply === 'unreached') throw handedBack(reply);
      if (reply.reply !== 'wait') throw oddAnswer();
    }
  } finally {
    agent.close();
  }
}

/** Returns what the agent is and holds. @throws AgentTrouble */
export async function agentState(address: AgentAddress): Promise<AgentState> {
  const { reply: _, ...state } = await ask(address, 'status', (secret) => ({
    op: 'status',
    secret,
  }));
  return state;
}

export interface ListedAgent {
  readonly address: AgentAddress;
  /** Undefined for one that does not answer. */
  readonly state?: AgentState;
}

/** Lists every agent of this user, with those that do not answer. @throws ConfigError for a directory that others can change */
export async function listAgents(directory: string): Promise<readonly ListedAgent[]> {
  if (!directoryExists(directory)) return [];
  checkDirectory(directory);
  // named pipes are in no directory: on Windows the secret tells of an agent
  const names = readdirSync(directory).flatMap(
    (name) => /^([0-9a-f]{20})\.(?:sock|secret)$/.exec(name)?.[1] ?? [],
  );
  const listed = [...new Set(names)].map(async (name): Promise<readonly ListedAgent[]> => {
    const address = agentAddress(directory, name);
    try {
      return [{ address, state: await agentState(address) }];
    } catch (error) {
      if (!(error instanceof AgentTrouble)) throw error;
      // a killed agent leaves its socket, and the next one replaces it
      return error.kind === 'absent' ? [] : [{ address }];
    }
  });
  return (await Promise.all(listed)).flat();
}

interface OfferedLogin {
  /** The expectation that signing will ask with, or '' for any account. */
  readonly identity: string;
  readonly network: RequestNetwork;
  readonly token: Secret;
  readonly refreshToken?: Secret | undefined;
}

/**
 * Gives a login to the agent, which asks the CA for a certificate for a key of its own and keeps both. Returns what is kept.
 * @throws AgentTrouble, HandedBack, LoginError, ServiceError, AnswerError
 */
export async function offerLogin(
  address: AgentAddress,
  offered: OfferedLogin,
): Promise<CredentialStatus> {
  const { identity, network, token, refreshToken } = offered;
  return ask(
    address,
    'credential',
    (secret) => ({
      op: 'offer',
      secret,
      identity,
      network,
      token: token.reveal(),
      refreshToken: refreshToken?.reveal() ?? '',
    }),
    OFFER_SECONDS,
  );
}

/** Makes the agent ask the servers. @throws HandedBack for one that it does not reach, AgentTrouble */
export async function reachThrough(address: AgentAddress, network: RequestNetwork): Promise<void> {
  await ask(address, 'done', (secret) => ({ op: 'reach', secret, network }));
}

/** Makes the agent forget the login of one expectation, or all (`undefined`). Returns how many there were. @throws AgentTrouble */
export async function forgetCredentials(address: AgentAddress, identity?: string): Promise<number> {
  const { count } = await ask(address, 'done', (secret) => ({
    op: 'forget',
    secret,
    identity: identity ?? '',
    all: identity === undefined,
  }));
  return count;
}

/** Ends the agent, and all that it holds. Returns false when none was running. @throws AgentTrouble `broken` */
export async function stopAgent(address: AgentAddress): Promise<boolean> {
  try {
    await ask(address, 'done', (secret) => ({ op: 'stop', secret }));
    return true;
  } catch (error) {
    if (error instanceof AgentTrouble && error.kind === 'absent') return false;
    throw error;
  }
}
