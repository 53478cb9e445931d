/**
 * What all sources of a workload's identity token have in common: one request, whose every failure is one line that
 * names the service and a hint that says what to allow. Nothing of an answer's body is repeated but its own error
 * message: what goes wrong may hold the token (threat O10).
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

/** A source of tokens, as messages speak of it. */
export interface SourceWords {
  readonly service: string;
  /** What to allow or to set where it gives none. */
  readonly remedy: string;
}

export interface AmbientRequest {
  readonly source: SourceWords;
  readonly env: Environment;
  readonly settings: Pick<Settings, 'tokenVariable' | 'tokenFile' | 'loginTimeout'>;
  readonly send: HttpSend;
  /** What the token is to be for: the client's id. */
  readonly audience: string;
}

/** Seconds that a source on this machine or network may take. */
const PATIENCE = 15;
const LIMIT = 64 * 1024;

/** Seconds to wait for a source. */
export function patienceOf({ loginTimeout }: Pick<Settings, 'loginTimeout'>): number {
  return Math.min(PATIENCE, loginTimeout);
}

/** The failure of a source, in one line. */
export function noToken({ service, remedy }: SourceWords, why: string): LoginError {
  return new LoginError('LOGIN_FAILED', `${service} gave no identity token: ${why}`, {
    hint: remedy,
  });
}

/** What to do about a service that is away or in trouble: nothing that is set here keeps it from answering. */
const AGAIN = 'nothing was published; run the job again, or this command';

/** A service that is away or in trouble, in one line: exit 3, as for every other server. */
export function outage(
  message: string,
  more: ErrorOptions & { code?: ErrorCode } = {},
): ServiceError {
  const { code = 'SERVICE_UNREACHABLE', hint = AGAIN, cause } = more;
  return new ServiceError(code, message, { hint, cause });
}

/** A variable without which the source cannot be asked. @throws LoginError */
export function variableOf({ env, source }: AmbientRequest, name: string): string {
  const value = env[name]?.trim() ?? '';
  if (value === '') throw noToken(source, `${name} is not set`);
  return value;
}

type Question = Omit<HttpRequest, 'service' | 'deadline' | 'limit' | 'idempotent'>;

/** Asks; anything but success is an error. @throws LoginError, ServiceError where the service is away */
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

/** Asks for JSON and takes the token out of it. @throws LoginError, ServiceError where the service is away */
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
