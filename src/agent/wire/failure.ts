/** Errors on their way between agent and client: class, code, line and hint; a bug of the agent shows no more than its name. */

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
import { AgentTrouble } from '../client/connection.ts';
import { type Failure, OTHER_SECRET } from './protocol.ts';

/** What the agent lacks: the network, or the password of a proxy, which does not travel. */
type Lack = 'network' | 'password';

/** A server that the agent does not reach. That says nothing about what its client would reach (threat D22). */
export class Unreached extends ServiceError {
  readonly lack: Lack;
  constructor(lack: Lack, message: string, options?: ErrorOptions) {
    super('SERVICE_UNREACHABLE', message, options);
    this.lack = lack;
  }
}

/** The agent gives the work back to its client, because it does not reach a server. `leaving`: it ends. */
export class HandedBack extends Error {
  readonly why: SignetError;
  readonly leaving: boolean;
  constructor(why: SignetError, leaving: boolean) {
    super(why.message);
    this.why = why;
    this.leaving = leaving;
  }
}

/** An error as it travels. What is not for people to read stays behind. */
export function failureOf(error: unknown): Failure {
  if (!isSignetError(error)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return { kind: 'agent', code: 'AGENT', message: `internal error (${name})`, hint: '' };
  }
  const { kind, code, message, hint = '' } = error;
  return { kind, code, message: message.slice(0, 8000), hint: hint.slice(0, 8000) };
}

/** The error again, on the other side. */
export function errorOf({
  kind,
  code: text,
  message,
  hint: told,
}: Failure): SignetError | AgentTrouble {
  const code = codeOf(text);
  const hint = told === '' ? undefined : told;
  if (kind === 'usage') return new UsageError(message, { hint, code });
  if (kind === 'config') return new ConfigError(message, { hint, code });
  if (kind === 'login') return new LoginError(code, message, { hint });
  if (kind === 'service') return new ServiceError(code, message, { hint });
  if (kind === 'answer') return new AnswerError(code, message, { hint });
  // the socket of one start, and the secret of the next: that one is to be asked
  return new AgentTrouble(text === OTHER_SECRET ? 'ended' : 'broken', message);
}

/** What the agent gives back, on the other side. */
export function handedBack({
  code,
  message,
  hint,
  leaving,
}: Failure & { leaving: boolean }): HandedBack {
  const why = new ServiceError(codeOf(code), message, { hint: hint === '' ? undefined : hint });
  return new HandedBack(why, leaving);
}

function codeOf(text: string): ErrorCode {
  return (/^[A-Z_]{1,40}$/.test(text) ? text : 'SERVICE_ANSWER') as ErrorCode;
}
