/** Errors between agent and client. Kind, code, line and hint travel. Of a bug in the agent only the name travels. */

import {
  AnswerError,
  ConfigError,
  type ErrorCode,
  type ErrorOptions,
  isSignetError,
  LoginError,
  ServiceError,
  type SignetError,
  UsageError,
} from '../../errors.ts';
import { type Failure, OTHER_SECRET, ProtocolError } from './protocol.ts';

/**
 * An agent that is of no use to its client. `absent`: there is none at the socket. `ended`: it went in the middle, or
 * another one has just taken its place, so the client asks again. `broken`: something is there, and it is no good agent.
 */
export class AgentTrouble extends Error {
  readonly kind: 'absent' | 'ended' | 'broken';
  constructor(kind: AgentTrouble['kind'], message: string) {
    super(message);
    this.name = 'AgentTrouble';
    this.kind = kind;
  }
}

/** What the agent lacks: the network, or the password of a proxy, which does not travel. */
type Lack = 'network' | 'password';

/** The agent does not reach a server. That says nothing about what its client would reach (threat D22). */
export class Unreached extends ServiceError {
  readonly lack: Lack;
  constructor(lack: Lack, message: string, options?: ErrorOptions) {
    super('SERVICE_UNREACHABLE', message, options);
    this.lack = lack;
  }
}

/** The agent gives the work back to its client, because it does not reach a server. `leaving`: the agent ends. */
export class HandedBack extends Error {
  readonly why: SignetError;
  readonly leaving: boolean;
  constructor(why: SignetError, leaving: boolean) {
    super(why.message);
    this.why = why;
    this.leaving = leaving;
  }
}

/** Returns true if only the agent failed, so that the signature can be made without it. */
export function isAgentFailure(error: unknown): error is AgentTrouble | HandedBack | ProtocolError {
  const kinds = [AgentTrouble, HandedBack, ProtocolError];
  return kinds.some((kind) => error instanceof kind);
}

/** The trouble with an agent whose answer does not belong to the question. */
export function oddAnswer(): AgentTrouble {
  return new AgentTrouble('broken', 'the agent gave an answer to another question');
}

const MAX_LINE = 8000;

/** Returns an error as it travels. */
export function failureOf(error: unknown): Failure {
  if (!isSignetError(error)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return { kind: 'agent', code: 'AGENT', message: `internal error (${name})`, hint: '' };
  }
  const { kind, code, message, hint = '' } = error;
  return { kind, code, message: message.slice(0, MAX_LINE), hint: hint.slice(0, MAX_LINE) };
}

/** Returns the error again, on the other side. */
export function errorOf(failure: Failure): SignetError | AgentTrouble {
  const { kind, code, message, hint } = received(failure);
  if (kind === 'usage') return new UsageError(message, { hint, code });
  if (kind === 'config') return new ConfigError(message, { hint, code });
  if (kind === 'login') return new LoginError(code, message, { hint });
  if (kind === 'service') return new ServiceError(code, message, { hint });
  if (kind === 'answer') return new AnswerError(code, message, { hint });
  // the socket of one start and the secret of the next: the client asks the next one
  return new AgentTrouble(failure.code === OTHER_SECRET ? 'ended' : 'broken', message);
}

/** Returns what the agent gives back, on the other side. */
export function handedBack(failure: Failure & { readonly leaving: boolean }): HandedBack {
  const { code, message, hint } = received(failure);
  return new HandedBack(new ServiceError(code, message, { hint }), failure.leaving);
}

function received({ kind, code, message, hint }: Failure) {
  const known = (/^[A-Z_]{1,40}$/.test(code) ? code : 'SERVICE_ANSWER') as ErrorCode;
  return { kind, code: known, message, hint: hint === '' ? undefined : hint };
}
