/** One signature by way of an agent: ask, log in if told to, take the answer. */

import { toBase64 } from '../../core/bytes.ts';
import { UsageError } from '../../errors.ts';
import type { LoginTokens } from '../daemon/backend.ts';
import { errorOf, failureOf, handedBack } from '../wire/failure.ts';
import {
  MAX_PART,
  MAX_PAYLOAD,
  type Reply,
  type Request,
  type SignedReply,
} from '../wire/protocol.ts';
import type { RequestNetwork } from '../wire/request-network.ts';
import { AgentTrouble } from './connection.ts';
import type { Patience } from './patience.ts';
import type { Reached } from './reach.ts';

export interface SignByAgent {
  readonly payload: Uint8Array;
  /** See expectation.ts. A forwarded agent is not told. */
  readonly expected: string;
  /** What this client reaches servers through. A forwarded agent is not told. */
  readonly network: RequestNetwork;
  readonly patience: Patience;
  /** Logs in, gives what came of it to `use`, and keeps the login's pages up meanwhile. */
  readonly login: (use: (login: LoginTokens) => Promise<SignedReply>) => Promise<SignedReply>;
  /** The agent is at work: time for what is needed next. */
  readonly onAsked?: () => void;
  /** The signature before it is in the log: time to verify the rest. A forwarded agent does not show it. */
  readonly onUnlogged?: (armor: string) => void;
  /**
   * Said once each: somebody else's login is waited for, somebody's agreement at the machine of a forwarded agent, a turn
   * of many, or the log, after some seconds.
   */
  readonly onWait: (on: Wait) => void;
}

const WAITS = ['login', 'agreement', 'turn', 'signature'] as const;
export type Wait = (typeof WAITS)[number];

/** @throws AgentTrouble when the agent is of no use; HandedBack; else what it, or the login, failed with */
export async function signByAgent(agent: Reached, asked: SignByAgent): Promise<SignedReply> {
  if (asked.payload.length > MAX_PAYLOAD) throw tooLarge(asked.payload.length);
  agent.send(requestOf(agent, asked));
  asked.onAsked?.();
  await agent.greeted();
  const reply = await afterWaiting(agent, asked, sendingParts(agent, asked.payload));
  if (reply.reply !== 'login' || agent.address === undefined) return signedOf(reply);
  return loggedIn(agent, asked);
}

function requestOf(
  { address, secret }: Reached,
  { payload, expected: identity, network }: SignByAgent,
): Request {
  const forwarded = address === undefined;
  const size = payload.length;
  if (size > MAX_PART) {
    if (forwarded) return { op: 'forwarded-sign-long', size };
    return { op: 'sign-long', secret, identity, network, size };
  }
  const text = toBase64(payload);
  if (forwarded) return { op: 'forwarded-sign', payload: text };
  return { op: 'sign', secret, identity, network, payload: text };
}

/** Gives each part of a long payload once. @throws AgentTrouble for an agent that wants more */
function sendingParts(agent: Reached, payload: Uint8Array): () => void {
  let at = payload.length > MAX_PART ? 0 : payload.length;
  return () => {
    const part = payload.subarray(at, at + MAX_PART);
    if (part.length === 0) throw new AgentTrouble('broken', 'the agent answered something else');
    agent.send({ op: 'part', bytes: toBase64(part) });
    at += part.length;
  };
}

/**
 * The first reply that is an answer. An agent that goes on saying that it is still at it is not believed for ever, and
 * not for longer than a signature takes unless a person was told what is waited for.
 */
async function afterWaiting(
  agent: Reached,
  { onWait, onUnlogged, patience }: Pick<SignByAgent, 'onWait' | 'onUnlogged' | 'patience'>,
  sendPart?: () => void,
): Promise<Reply> {
  let begun = performance.now();
  let seconds = patience.signature;
  const waits = new Set<string>();
  let shown = false;
  while (performance.now() - begun < seconds * 1000) {
    const reply = await agent.receive();
    if (reply.reply === 'part' && sendPart !== undefined) {
      sendPart();
      // a payload is as long as it is, and a line as slow
      begun = performance.now();
    } else if (reply.reply === 'unlogged') {
      // verifying it costs time and memory, which another machine may spend here for its one answer only
      if (agent.address === undefined)
        throw new AgentTrouble('broken', 'the agent answered something else');
      // an agent whose certificate ran out meanwhile signs once more
      if (!shown) onUnlogged?.(reply.armor);
      shown = true;
    } else if (reply.reply !== 'wait') return reply;
    else {
      const on = WAITS.find((each) => each === reply.on);
      if (on === undefined || waits.has(on)) continue;
      waits.add(on);
      if (on !== 'signature') seconds += patience[on];
      onWait(on);
    }
  }
  throw new AgentTrouble('broken', `the agent was not done in ${seconds} s`);
}

/** No reason to do without the agent: that would cost a login, for something that no reader of signatures takes. */
function tooLarge(length: number): UsageError {
  const what = `what is to be signed has ${length} bytes, and no more than ${MAX_PAYLOAD} are signed`;
  return new UsageError(what, {
    hint: 'git signs a message and names, not files: shorten the message',
  });
}

function signedOf(reply: Reply): SignedReply {
  if (reply.reply === 'signed') return reply;
  if (reply.reply === 'error') throw errorOf(reply);
  if (reply.reply === 'unreached') throw handedBack(reply);
  throw new AgentTrouble('broken', 'the agent answered something else');
}

/** The others wait for this login, so they are told when there is none. */
async function loggedIn(agent: Reached, asked: SignByAgent): Promise<SignedReply> {
  let told = false;
  try {
    return await asked.login(async ({ token, refreshToken }) => {
      told = true;
      agent.send({
        op: 'token',
        token: token.reveal(),
        refreshToken: refreshToken?.reveal() ?? '',
      });
      // what is waited for now is one's own login no more
      const onWait = (on: Wait): void => void (on === 'signature' && asked.onWait(on));
      return signedOf(await afterWaiting(agent, { ...asked, onWait }));
    });
  } catch (error) {
    if (!told) agent.send({ op: 'failed', ...failureOf(error) });
    throw error;
  }
}
