/** Errors on their way between agent and client: class, code, line and hint; a bug of the agent shows no more than its name. */

import {
  AnswerError,
  ConfigError,
  type ErrorCode,
  isSignetError,
  LoginError,
  ServiceError,
  type SignetError,
  UsageError,
} from '../../errors.ts';
import { AgentTrouble } from './connection.ts';
import type { Failure } from './protocol.ts';

const KINDS: readonly (readonly [Failure['kind'], number])[] = [
  ['usage', 2],
  ['login', 4],
  ['service', 3],
  ['answer', 1],
];

/** An error as it travels. What is not for people to read stays behind. */
export function failureOf(error: unknown): Failure {
  if (!isSignetError(error)) {
    const name = error instanceof Error ? error.name : 'unknown';
    return { kind: 'agent', code: 'AGENT', message: `internal error (${name})`, hint: '' };
  }
  const { code, message, hint = '', exitCode } = error;
  const kind = KINDS.find(([, number]) => number === exitCode)?.[0] ?? 'agent';
  return { kind, code, message: message.slice(0, 8000), hint: hint.slice(0, 8000) };
}

/** The error again, on the other side. */
export function errorOf({
  kind,
  code: text,
  message,
  hint: told,
}: Failure): SignetError | AgentTrouble {
  const code = (/^[A-Z_]{1,40}$/.test(text) ? text : 'SERVICE_ANSWER') as ErrorCode;
  const hint = told === '' ? undefined : told;
  if (kind === 'usage') return new UsageError(message, { hint, code });
  if (kind === 'config') return new ConfigError(message, { hint, code });
  if (kind === 'login') return new LoginError(code, message, { hint });
  if (kind === 'service') return new ServiceError(code, message, { hint });
  if (kind === 'answer') return new AnswerError(code, message, { hint });
  return new AgentTrouble('broken', message);
}
