/**
 * What client and agent say to each other (version 3): the agent greets, the client asks once, and only the login of a
 * held flight goes on. No message holds a key, and none but a token brings anything that is kept (threats D07, D09).
 */

import { MAX_SIGNABLE } from '../../core/git/limits.ts';
import type { ErrorKind } from '../../errors.ts';
import type { RequestNetwork } from './request-network.ts';

export const PROTOCOL = 3;
/** Bytes of JSON in one frame, either way. */
export const MAX_FRAME = 2 * 1024 * 1024;
/** Bytes of a payload, or of a part of one, that travel in one message. */
export const MAX_PART = 1024 * 1024;
/** Bytes of a payload: whatever can be verified can be signed. */
export const MAX_PAYLOAD = MAX_SIGNABLE;

/** The agent's first words. On a forwarded socket it says nothing but that it is one. */
export interface Greeting {
  readonly agent: 'git-signet';
  readonly protocol: number;
  readonly forwarded: boolean;
  /** Digest of the instance, hex; '' when forwarded. */
  readonly instance: string;
  readonly pid: number;
}

export type Request =
  /** `identity`: the one that must sign, '' for whoever logs in. */
  | {
      readonly op: 'sign';
      readonly secret: string;
      readonly identity: string;
      readonly network: RequestNetwork;
      readonly payload: string;
    }
  /** The same for a payload of more than MAX_PART bytes, which the agent asks for part by part. */
  | {
      readonly op: 'sign-long';
      readonly secret: string;
      readonly identity: string;
      readonly network: RequestNetwork;
      readonly size: number;
    }
  /** All that a forwarded socket understands. */
  | { readonly op: 'forwarded-sign'; readonly payload: string }
  | { readonly op: 'forwarded-sign-long'; readonly size: number }
  /** The part that was asked for: MAX_PART bytes, or what is left. */
  | { readonly op: 'part'; readonly bytes: string }
  /** The login that the holder of a flight was told to make: its token, or why there is none. */
  | { readonly op: 'token'; readonly token: string; readonly refreshToken: string }
  | ({ readonly op: 'failed' } & Failure)
  /** A login that somebody made beforehand. */
  | {
      readonly op: 'offer';
      readonly secret: string;
      readonly identity: string;
      readonly network: RequestNetwork;
      readonly token: string;
      readonly refreshToken: string;
    }
  /** Whether the agent can reach the servers by this network. */
  | { readonly op: 'reach'; readonly secret: string; readonly network: RequestNetwork }
  | { readonly op: 'status'; readonly secret: string }
  /** `identity`: as signed for; `all` whatever is there. */
  | {
      readonly op: 'forget';
      readonly secret: string;
      readonly identity: string;
      readonly all: boolean;
    }
  | { readonly op: 'stop'; readonly secret: string };

export type Op = Request['op'];

/** An error as it travels. */
export interface Failure {
  readonly kind: ErrorKind | 'agent';
  readonly code: string;
  readonly message: string;
  /** '' for none. */
  readonly hint: string;
}

/** One credential, as a person may see it. */
export interface CredentialStatus {
  /** The identity it is asked for by; '' where none was expected. */
  readonly expected: string;
  /** The identity in the certificate. */
  readonly identity: string;
  readonly issuer: string;
  /** Unix seconds. */
  readonly notAfter: number;
  readonly renewals: number;
  /** True when a refresh token is at hand. */
  readonly renewable: boolean;
  /** Signatures made with it and its predecessors. */
  readonly signatures: number;
}

export interface AgentState {
  readonly version: string;
  readonly pid: number;
  /** Digest, hex. */
  readonly instance: string;
  /** Values by setting, '' where not set. */
  readonly settings: Readonly<Record<string, string>>;
  /** Unix seconds. */
  readonly startedAt: number;
  /** Seconds without a request after which it leaves. */
  readonly idle: number;
  /** '' without one. */
  readonly forwardSocket: string;
  /** Why there is none although one is configured; '' where that is not so. */
  readonly forwardProblem: string;
  readonly credentials: readonly CredentialStatus[];
}

export interface SignedReply {
  readonly reply: 'signed';
  readonly armor: string;
  readonly signingTime: number;
  readonly certificateSha1: string;
  readonly certificateHashAlgorithm: number;
  /** TransparencyLogEntry in base64; '' when the signature embeds it. */
  readonly logEntry: string;
}

export type Reply =
  | SignedReply
  /** This client is to log in, within so many seconds; the others wait for it. */
  | { readonly reply: 'login'; readonly seconds: number }
  /** Still at it: on somebody else's login, a person's agreement, or the signature. Comes again and again, so that silence means death. */
  | { readonly reply: 'wait'; readonly on: string }
  /** The next part of a long payload is wanted. */
  | { readonly reply: 'part' }
  /** The signature before it is in the log: all but the log's part can be verified while that is asked. */
  | { readonly reply: 'unlogged'; readonly armor: string }
  | ({ readonly reply: 'status' } & AgentState)
  | ({ readonly reply: 'credential' } & CredentialStatus)
  | { readonly reply: 'done'; readonly count: number }
  /** The agent, or the network that it was given, does not reach a server: the client may do better. `leaving`: it ends. */
  | ({ readonly reply: 'unreached'; readonly leaving: boolean } & Failure)
  | ({ readonly reply: 'error' } & Failure);

/** Code of the error for a request with another start's secret: another agent has just taken the place. */
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
