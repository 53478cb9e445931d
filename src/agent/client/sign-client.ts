/** One signature by way of an agent: ask, log in if told to, take the answer. */

import { toBase64 } from '../../core/bytes.ts';
import { UsageError } from '../../errors.ts';
import type { RenewableToken } from '../daemon/backend.ts';
import { AgentTrouble, errorOf, failureOf, handedBack, oddAnswer } from '../wire/failure.ts';
import {
  type AgentReply,
  type AgentRequest,
  MAX_PART,
  MAX_PAYLOAD,
  type SignedReply,
} from '../wire/protocol.ts';
import type { RequestNetwork } from '../wire/request-network.ts';
import type { Patience } from './patience.ts';
import type { ReachedAgent } from './reach.ts';

/** What an agent is asked for a signature with. A forwarded agent gets the payload only. */
export interface AgentSigning {
  readonly payload: Uint8Array;
  /** The text of an expectation. */
  readonly expected: string;
  /** What this client reaches servers through. */
  readonly network: RequestNetwork;
  readonly patience: Patience;
  /** Logs in, gives the tokens to `use`, and keeps the login's pages up meanwhile. */
  readonly login: (use: (login: RenewableToken) => Promise<SignedReply>) => Promise<SignedReply>;
  /** Called when the agent is at work: time for what is needed next. */
  readonly onAsked?: () => void;
  /** Called with the signature before it is in the log: time to verify the rest. A forwarded agent does not show it. */
  readonly onUnlogged?: (armor: string) => void;
  /**
   * Called once for each thing that the agent waits for: the login of another client, a person's agreement at the machine
   * of a forwarded agent, the turn of this client, or, after some seconds, the log.
   */
  readonly onWait: (on: WaitReason) => void;
}

const WAITS = ['login', 'agreement', 'turn', 'signature'] as const;
export type WaitReason = (typeof WAITS)[number];

/** Returns what the agent signed. @throws AgentTrouble when the agent is of no use, HandedBack, and what it or the login failed with */
export async function signByAgent(agent: ReachedAgent, asked: AgentSigning): Promise<SignedReply> {
  if (asked.payload.length > MAX_PAYLOAD) throw tooLarge(asked.payload.length);
  agent.send(requestOf(agent, asked));
  asked.onAsked?.();
  await agent.greeted();
  const reply = await afterWaiting(agent, asked, sendingParts(agent, asked.payload));
  if (reply.reply !== 'login' || agent.address === undefined) return signedOf(reply);
  return loggedIn(agent, asked);
}

function requestOf(
  { address, secret }: ReachedAgent,
  { payload, expected: identity, network }: AgentSigning,
): AgentRequest {
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
function sendingParts(agent: ReachedAgent, payload: Uint8Array): () => void {
  let at = payload.length > MAX_PART ? 0 : payload.length;
  return () => {
    const part = payload.subarray(at, at + MAX_PART);
    if (part.length === 0) throw oddAnswer();
    agent.send({ op: 'part', bytes: toBase64(part) });
    at += part.length;
  };
}

/**
 * Returns the first reply that is an answer. An agent that says again and again that it is at work is not believed without
 * end, and not for longer than a signature takes unless the user was told what it waits for.
 */
async function afterWaiting(
  agent: ReachedAgent,
  { onWait, onUnlogged, patience }: Pick<AgentSigning, 'onWait' | 'onUnlogged' | 'patience'>,
  sendPart?: () => void,
): Promise<AgentReply> {
  let begun = performance.now();
  let seconds = patience.signature;
  const waits = new Set<string>();
  let shown = false;
  while (performance.now() - begun < seconds * 1000) {
    const reply = await agent.receive();
    if (reply.reply === 'part' && sendPart !== undefined) {
      sendPart();
      // the time depends on the payload's length and on the line
      begun = performance.now();
    } else if (reply.reply === 'unlogged') {
      // verifying it costs time and memory, which another machine may spend here for its one answer only
      if (agent.address === undefined) throw oddAnswer();
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

/** Signing without the agent would cost a login, for something that no verifier takes. */
function tooLarge(length: number): UsageError {
  const what = `the object to sign has ${length} bytes, and no more than ${MAX_PAYLOAD} are signed`;
  return new UsageError(what, {
    hint: 'git signs a message and names, not files: shorten the message',
  });
}

function signedOf(reply: AgentReply): SignedReply {
  if (reply.reply === 'signed') return reply;
  if (reply.reply === 'error') throw errorOf(reply);
  if (reply.reply === 'unreached') throw handedBack(reply);
  throw oddAnswer();
}

/** Logs in for the agent. Other clients wait for this login, so the agent is told if there is none. */
async function loggedIn(agent: ReachedAgent, asked: AgentSigning): Promise<SignedReply> {
  let told = false;
  try {
    return await asked.login(async ({ token, refreshToken }) => {
      told = true;
      agent.send({
        op: 'token',
        token: token.reveal(),
        refreshToken: refreshToken?.reveal() ?? '',
      });
      // from here on the agent cannot wait for a login: this one was it
      const onWait = (on: WaitReason): void => void (on === 'signature' && asked.onWait(on));
      return signedOf(await afterWaiting(agent, { ...asked, onWait }));
    });
  } catch (error) {
    if (!told) agent.send({ op: 'failed', ...failureOf(error) });
    throw error;
  }
}
