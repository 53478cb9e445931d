/**
 * Asks a source for a workload's identity token. Every failure is one line that names the service, with a hint that says
 * what to allow. Of an answer's body, only its own error message is shown, because the rest may hold the token
 * (threat O10).
 */

import {
  type ErrorCode,
  type ErrorOptions,
  isSignetError,
  LoginError,
  ServiceError,
} from '../../errors.ts';
import { answerJson, answerMessage, isSuccess } from '../../http/answers.ts';
import type { HttpAnswer, HttpRequest, HttpSend } from '../../http/message.ts';
import type { Settings } from '../../settings/settings.ts';
import type { Environment } from '../../system/environment.ts';
import { Secret } from '../../system/secret.ts';

/** The words for a source of tokens in messages. */
export interface SourceWords {
  readonly service: string;
  /** What to allow or set if it gives no token. */
  readonly remedy: string;
}

export interface AmbientRequest {
  readonly source: SourceWords;
  readonly env: Environment;
  readonly settings: Pick<Settings, 'tokenVariable' | 'tokenFile' | 'loginTimeout'>;
  readonly send: HttpSend;
  /** The audience of the token: the client's id. */
  readonly audience: string;
}

/** The most seconds to wait for a source. */
const PATIENCE = 15;
const LIMIT = 64 * 1024;

/** Returns the seconds to wait for a source. */
export function patienceOf({ loginTimeout }: Pick<Settings, 'loginTimeout'>): number {
  return Math.min(PATIENCE, loginTimeout);
}

/** Returns the error for a source that gave no token. */
export function noToken({ service, remedy }: SourceWords, why: string): LoginError {
  return new LoginError('LOGIN_FAILED', `${service} gave no identity token: ${why}`, {
    hint: remedy,
  });
}

/** The hint for a service that is down. No setting here is the reason. */
const AGAIN = 'nothing was published. Run the job again, or this command';

/** Returns the error for a service that is down: exit 3, as for every other server. */
export function outage(
  message: string,
  more: ErrorOptions & { code?: ErrorCode } = {},
): ServiceError {
  const { code = 'SERVICE_UNREACHABLE', hint = AGAIN, cause } = more;
  return new ServiceError(code, message, { hint, cause });
}

/** Reads a variable that the source needs. @throws LoginError if it is not set */
export function variableOf({ env, source }: AmbientRequest, name: string): string {
  const value = env[name]?.trim() ?? '';
  if (value === '') throw noToken(source, `${name} is not set`);
  return value;
}

type Question = Omit<HttpRequest, 'service' | 'deadline' | 'limit' | 'idempotent'>;

/** Asks the source. Any status but success is an error. @throws LoginError, ServiceError if the service is down */
export async function askSource(
  { source, send, settings }: AmbientRequest,
  question: Question,
): Promise<HttpAnswer> {
  const { service, remedy } = source;
  const deadline = patienceOf(settings);
  let answer: HttpAnswer;
  try {
    answer = await send({ ...question, service, deadline, limit: LIMIT, idempotent: true });
  } catch (error) {
    if (!isSignetError(error)) throw error;
    const { message, hint } = error;
    if (error.code === 'SERVICE_UNREACHABLE') throw outage(message, { hint, cause: error });
    throw new LoginError('LOGIN_FAILED', message, { hint: remedy, cause: error });
  }
  if (isSuccess(answer)) return answer;
  const message = answerMessage(answer);
  const refusal = noToken(source, `status ${answer.status}${message === '' ? '' : `, ${message}`}`);
  throw answer.status >= 500 ? outage(refusal.message, { code: 'SERVICE_REFUSED' }) : refusal;
}

/** Asks for JSON and returns the token in its `member`. @throws LoginError, ServiceError if the service is down */
export async function tokenInJson(
  request: AmbientRequest,
  question: Question,
  member: string,
): Promise<Secret> {
  const answer = await askSource(request, question);
  const { source } = request;
  let value: unknown;
  try {
    value = answerJson(answer, source.service)[member];
  } catch {
    throw noToken(source, 'its answer is not a JSON object');
  }
  if (typeof value !== 'string' || value === '') {
    throw noToken(source, `its answer has no ${member}`);
  }
  return new Secret(value);
}
