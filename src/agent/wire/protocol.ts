/**
 * The messages between client and agent (version 4). The agent greets, the client asks once, and only a client that is
 * told to log in goes on. No message holds a key, and only a token brings anything that is kept (threats D07, D09). One
 * table lists every field with its bound. A message with any other field is refused, so no request can carry a setting
 * (threats D08, D13).
 */

import { MAX_SIGNABLE } from '../../core/git/limits.ts';
import type { RequestNetwork } from './request-network.ts';

export const PROTOCOL = 4;
/** Bytes of JSON in one frame, either way. */
export const MAX_FRAME = 2 * 1024 * 1024;
/** Bytes of a payload, or of a part of one, that travel in one message. */
export const MAX_PART = 1024 * 1024;
/** Bytes of a payload: whatever can be verified can be signed. */
export const MAX_PAYLOAD = MAX_SIGNABLE;

const TOKEN = 64 * 1024;
const NAME = 1024;
const SECRET = 64;
/** The word that names a message, or what is waited for. */
const WORD = 64;
const PAYLOAD = Math.ceil(MAX_PART / 3) * 4;

/** A number: text of at most so many characters. `whole`: an integer from 0. `texts`: texts by name. */
export type Field = number | 'whole' | 'boolean' | 'network' | 'texts' | 'credentials';
export type MessageFields = Readonly<Record<string, Field>>;

/** An error as it travels. `hint` is '' for none. */
const FAILURE = { kind: 16, code: 64, message: 8 * NAME, hint: 8 * NAME } as const;

/** Each request but the forwarded ones and what follows a reply presents the `secret` of the agent's start. */
export const REQUESTS = {
  /** `identity`: the text of an expectation, '' for any account. `payload`: base64. */
  sign: { secret: SECRET, identity: NAME, network: 'network', payload: PAYLOAD },
  /** The same for a payload of more than MAX_PART bytes, which the agent asks for part by part. */
  'sign-long': { secret: SECRET, identity: NAME, network: 'network', size: 'whole' },
  /** A forwarded socket understands this, its long form, and nothing else. */
  'forwarded-sign': { payload: PAYLOAD },
  'forwarded-sign-long': { size: 'whole' },
  /** The part that was asked for: MAX_PART bytes, or what is left, in base64. */
  part: { bytes: PAYLOAD },
  /** The login that the client was told to make, or why there is none. */
  token: { token: TOKEN, refreshToken: TOKEN },
  failed: FAILURE,
  /** A login that was made beforehand. */
  offer: {
    ...{ secret: SECRET, identity: NAME, network: 'network' },
    ...{ token: TOKEN, refreshToken: TOKEN },
  },
  /** Whether the agent can reach the servers by this network. */
  reach: { secret: SECRET, network: 'network' },
  status: { secret: SECRET },
  /** `identity`: as it was signed with. `all`: every identity. */
  forget: { secret: SECRET, identity: NAME, all: 'boolean' },
  stop: { secret: SECRET },
} as const satisfies Readonly<Record<string, MessageFields>>;

/** One login, as a person may see it. */
export const CREDENTIAL = {
  /** The expectation it is asked for by. '' for any account. */
  expected: NAME,
  /** The identity in the certificate. */
  identity: NAME,
  issuer: 8 * NAME,
  /** Unix seconds, or 0 once the certificate is over. */
  notAfter: 'whole',
  renewals: 'whole',
  /** True with a refresh token at hand. */
  renewable: 'boolean',
  /** Signatures made with it and its predecessors. */
  signatures: 'whole',
} as const satisfies MessageFields;

export const REPLIES = {
  /**
   * `signature`: the armor of a signature for git, or the bundle of a statement without the statement, which the client
   * has. `logEntry`: TransparencyLogEntry in base64, or '' when the signature embeds it.
   */
  signed: {
    signature: MAX_FRAME,
    signingTime: 'whole',
    certificateSha1: 40,
    certificateHashAlgorithm: 'whole',
    logEntry: MAX_FRAME,
  },
  /** This client must log in, within so many seconds. The others wait for it. */
  login: { seconds: 'whole' },
  /** The agent is still at work on what `on` says. It comes again and again, so that silence means death. */
  wait: { on: 16 },
  /** The agent wants the next part of a long payload. */
  part: {},
  /** The signature before it is in the log. The client can verify the rest while the log is asked. */
  unlogged: { armor: MAX_FRAME },
  status: {
    version: WORD,
    pid: 'whole',
    /** Digest in hex. */
    instance: WORD,
    /** Values by setting, '' for one that is not set. */
    settings: 'texts',
    /** Unix seconds. */
    startedAt: 'whole',
    /** Seconds without a request after which the agent leaves. */
    idle: 'whole',
    /** '' without one. */
    forwardSocket: NAME,
    /** Why there is no socket although one is configured, or ''. */
    forwardProblem: NAME,
    credentials: 'credentials',
  },
  credential: CREDENTIAL,
  done: { count: 'whole' },
  /** The agent does not reach a server by the network that it was given. The client may. `leaving`: the agent ends. */
  unreached: { leaving: 'boolean', ...FAILURE },
  error: FAILURE,
} as const satisfies Readonly<Record<string, MessageFields>>;

/** The agent's first words. A forwarded socket gives no instance ('') and no process id (0). */
export const GREETING = {
  agent: 16,
  protocol: 'whole',
  forwarded: 'boolean',
  instance: WORD,
  pid: 'whole',
} as const satisfies MessageFields;

/** MessageFields that name a message, with their bound. */
export const NAMED = { op: WORD, reply: WORD } as const;

interface Values {
  readonly whole: number;
  readonly boolean: boolean;
  readonly network: RequestNetwork;
  readonly texts: Readonly<Record<string, string>>;
  readonly credentials: readonly CredentialStatus[];
}
type ValueOf<F> = F extends keyof Values ? Values[F] : string;
type Message<F> = { readonly [name in keyof F]: ValueOf<F[name]> };
type OneOf<Key extends string, Table> = {
  [word in keyof Table]: { readonly [key in Key]: word } & Message<Table[word]>;
}[keyof Table];

export type AgentRequest = OneOf<'op', typeof REQUESTS>;
export type AgentReply = OneOf<'reply', typeof REPLIES>;
export type Greeting = Message<typeof GREETING>;
export type Failure = Message<typeof FAILURE>;
export type CredentialStatus = Message<typeof CREDENTIAL>;
export type AgentState = Message<typeof REPLIES.status>;
export type SignedReply = Extract<AgentReply, { readonly reply: 'signed' }>;

/** Code of the error for a request with the secret of another start: another agent has just taken the place. */
export const OTHER_SECRET = 'OTHER_SECRET';

/** Something that is no message of this protocol. */
export class ProtocolError extends Error {
  readonly code: string;
  constructor(message: string, code = 'PROTOCOL') {
    super(message);
    this.name = 'ProtocolError';
    this.code = code;
  }
}
