/**
 * Serves one client of this machine. It presents the secret, asks one thing, and gets one answer. protocol.ts lists what it
 * can ask for. None of it is a setting, a command to run or a key to hand out (threats D07, D08).
 */

import { LoginError, ServiceError } from '../../errors.ts';
import { type Channel, ChannelEnded } from '../wire/channel.ts';
import { errorOf, failureOf, Unreached } from '../wire/failure.ts';
import { withLongPayload } from '../wire/long-payload.ts';
import {
  type AgentReply,
  type AgentRequest,
  type AgentState,
  OTHER_SECRET,
  PROTOCOL,
  ProtocolError,
} from '../wire/protocol.ts';
import { bytesOf, sameSecret, secretOf } from '../wire/read-messages.ts';
import type { RequestNetwork } from '../wire/request-network.ts';
import { signedReply } from '../wire/signed-reply.ts';
import type { WaitingRoom } from '../wire/waiting-room.ts';
import type { AgentBackend, RenewableToken } from './backend.ts';
import type { Credentials, SigningClient } from './credentials.ts';

export interface SessionParts {
  readonly backend: AgentBackend;
  readonly credentials: Credentials;
  /** How many signatures are made at a time. */
  readonly turns: WaitingRoom;
  /** Hex, new with each start. */
  readonly secret: () => string;
  /** Digest of the instance, hex. */
  readonly instance: string;
  readonly pid: number;
  readonly online: boolean;
  /** Seconds that a person has for a login. */
  readonly lease: number;
  /** Memory for long payloads. */
  readonly room: WaitingRoom;
  readonly state: () => AgentState;
  readonly stop: () => void;
}

/** Seconds in which a client that connected has to ask. */
const ASKING_SECONDS = 20;
const HEARTBEAT_MS = 5000;

/** Serves a connection until it ends. Never rejects. */
export async function serveLocal(channel: Channel, parts: SessionParts): Promise<void> {
  const { instance, pid } = parts;
  channel.send({ agent: 'git-signet', protocol: PROTOCOL, forwarded: false, instance, pid });
  try {
    const request = await channel.next(ASKING_SECONDS);
    const reply = await answer(request, channel, parts);
    if (request.op === 'stop') await ending(parts);
    channel.send(reply);
  } catch (error) {
    if (error instanceof Unreached) await giveBack(error, channel, parts);
    else tell(channel, error);
  } finally {
    channel.end();
  }
}

/**
 * Gives the work back, because the client may reach what the agent does not. An agent that never reached a server and holds
 * no login was born without a network. It leaves its place to one that has a network (threat D22). An agent that has lost its
 * network stays, and keeps its logins.
 */
async function giveBack(error: Unreached, channel: Channel, parts: SessionParts): Promise<void> {
  const { backend, credentials } = parts;
  const leaving = error.lack === 'network' && !backend.everReached() && credentials.size === 0;
  if (leaving) await ending(parts);
  channel.send({ reply: 'unreached', leaving, ...failureOf(error) });
}

/** Ends the agent. A client that is told so must not find the socket any more. */
async function ending({ stop }: SessionParts): Promise<void> {
  stop();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Tells a client that is still there why there is no answer. */
export function tell(channel: Channel, error: unknown): void {
  if (error instanceof ChannelEnded) return;
  if (error instanceof ProtocolError) {
    const { code, message } = error;
    channel.send({ reply: 'error', kind: 'agent', code, message, hint: '' });
  } else channel.send({ reply: 'error', ...failureOf(error) });
}

async function answer(
  request: AgentRequest,
  channel: Channel,
  parts: SessionParts,
): Promise<AgentReply> {
  const unproved = 'the secret of this start was not presented';
  if (!('secret' in request)) throw new ProtocolError(unproved);
  if (!sameSecret(request.secret, parts.secret())) throw new ProtocolError(unproved, OTHER_SECRET);
  const { credentials } = parts;
  switch (request.op) {
    case 'sign': {
      const session = { ...request, channel, parts };
      return whileWorking(channel, (stage) => sign(bytesOf(request.payload), session, stage));
    }
    case 'sign-long': {
      const session = { ...request, channel, parts };
      return whileWorking(channel, (stage) =>
        withLongPayload(request.size, { channel, room: parts.room }, (payload) =>
          sign(payload, session, stage),
        ),
      );
    }
    case 'offer': {
      const { identity, network } = request;
      const login = loginOf(request);
      const status = await whileWorking(channel, () => credentials.offer(identity, login, network));
      return { reply: 'credential', ...status };
    }
    case 'reach':
      await whileWorking(channel, () => parts.backend.reach(request.network));
      return { reply: 'done', count: 0 };
    case 'status':
      return { reply: 'status', ...parts.state() };
    case 'forget': {
      const which = request.all ? undefined : request.identity;
      const count = await whileWorking(channel, () => credentials.forget(which));
      return { reply: 'done', count };
    }
    case 'stop':
      return { reply: 'done', count: credentials.size };
  }
}

/** What the agent works on for a client, which is told. `quiet`: the client is told nothing. */
export interface Stage {
  on: 'login' | 'turn' | 'signature' | 'agreement' | 'quiet';
}

/** Runs the work, and tells the client every few seconds that it goes on, so that the client can tell work from death. */
export async function whileWorking<T>(
  channel: Channel,
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const stage: Stage = { on: 'signature' };
  const timer = setInterval(() => {
    if (stage.on !== 'quiet') channel.send({ reply: 'wait', on: stage.on });
  }, HEARTBEAT_MS);
  try {
    return await work(stage);
  } finally {
    clearInterval(timer);
  }
}

/** The certificate ran out before the log was asked, so nothing has been published. */
class CertificateLapsed extends Error {}

function unlessLapsed(error: unknown): undefined {
  if (!(error instanceof CertificateLapsed)) throw error;
}

/** A request that brings a login. */
type LoginRequest = Extract<AgentRequest, { readonly op: 'token' | 'offer' }>;

interface SigningSession {
  /** The text of an expectation. */
  readonly identity: string;
  readonly network: RequestNetwork;
  readonly channel: Channel;
  readonly parts: SessionParts;
}

async function sign(
  payload: Uint8Array,
  session: SigningSession,
  stage: Stage,
): Promise<AgentReply> {
  const { identity, network, channel, parts } = session;
  const { backend, credentials, turns } = parts;
  backend.checkPayload(payload);
  if (credentials.state(identity) === 'pending') channel.send({ reply: 'wait', on: 'login' });
  const client = clientOf(session, stage);
  const make = async (): Promise<AgentReply | undefined> => {
    stage.on = 'login';
    const credential = await credentials.use(identity, client);
    stage.on = 'turn';
    return turns.hold(1, channel.left, async () => {
      if (credentials.lapsed(credential)) return undefined;
      stage.on = 'signature';
      const made = await backend.sign(payload, credential, network, {
        onSigned: (armor) => channel.send({ reply: 'unlogged', armor }),
        beforeLog: () => {
          channel.left.throwIfAborted();
          if (credentials.lapsed(credential)) throw new CertificateLapsed();
        },
      });
      return credentials.lapsed(credential)
        ? undefined
        : signedReply(made, { payload, online: parts.online });
    });
  };
  // the servers took longer than the certificate had left, so the agent tries once more with another certificate
  const reply = (await make().catch(unlessLapsed)) ?? (await make().catch(unlessLapsed));
  if (reply !== undefined) return reply;
  const slow = 'the timestamp authority and the log take longer than a certificate lives';
  throw new ServiceError('SERVICE_ANSWER', slow, {
    hint: 'no commit was made: run git commit again',
  });
}

/** Returns the client of a session, which may be told to log in. Its connection is the lease, and the lease has an end. */
function clientOf(
  { network, channel, parts: { lease } }: SigningSession,
  stage: Stage,
): SigningClient {
  return {
    network,
    login: async () => {
      channel.left.throwIfAborted();
      stage.on = 'quiet';
      channel.send({ reply: 'login', seconds: lease });
      const request = await channel.next(lease);
      stage.on = 'signature';
      if (request.op === 'token') return loginOf(request);
      if (request.op === 'failed') {
        const error = errorOf(request);
        throw 'exitCode' in error ? error : new LoginError('LOGIN_FAILED', error.message);
      }
      throw new ProtocolError('a login was expected');
    },
  };
}

function loginOf({ token, refreshToken }: LoginRequest): RenewableToken {
  const given = secretOf(token);
  if (given === undefined) throw new ProtocolError('an empty token');
  return { token: given, refreshToken: secretOf(refreshToken) };
}
