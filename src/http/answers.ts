/** What every service's answers have in common: JSON that is an object, a message in an error, a refusal told in one line. */

import { fromUtf8 } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import type { Json } from '../core/json.ts';
import { ServiceError } from '../errors.ts';
import type { HttpAnswer } from './message.ts';

const MAX_MESSAGE = 200;

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** Any JSON of the body. @throws ServiceError `SERVICE_ANSWER` */
export function answerValue(answer: HttpAnswer, service: string): unknown {
  try {
    return JSON.parse(fromUtf8(answer.body) ?? '');
  } catch {
    throw badAnswer(service, 'not JSON', answer);
  }
}

/** The JSON object of the body, without inherited members. @throws ServiceError `SERVICE_ANSWER` */
export function answerJson(answer: HttpAnswer, service: string): Json {
  const value = answerValue(answer, service);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badAnswer(service, 'not a JSON object', answer);
  return Object.assign(Object.create(null), value);
}

/** `message` of a JSON error, made harmless and short; empty when there is none. */
export function answerMessage(answer: HttpAnswer): string {
  try {
    const value: unknown = JSON.parse(fromUtf8(answer.body) ?? '');
    const message =
      typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined;
    return typeof message === 'string' ? visible(message.slice(0, MAX_MESSAGE)) : '';
  } catch {
    return '';
  }
}

export function badAnswer(
  service: string,
  reason: string,
  { host }: Pick<HttpAnswer, 'host'>,
): ServiceError {
  const where = host === undefined ? '' : ` (${host})`;
  return new ServiceError(
    'SERVICE_ANSWER',
    `${service}${where} gave an answer that cannot be used: ${reason}`,
    { hint: 'nothing is lost; is this the server that the settings should name?' },
  );
}

/** A status that is neither success nor redirect. */
export function refusedBy(service: string, url: string, answer: HttpAnswer): ServiceError {
  const message = answerMessage(answer);
  const because = message === '' ? '' : `: ${message}`;
  const tried = answer.attempts === undefined ? '' : `, tried ${answer.attempts} times`;
  return new ServiceError(
    'SERVICE_REFUSED',
    `${service} refused with status ${answer.status} (${new URL(url).host}${tried})${because}`,
    answer.status === 429 || answer.status >= 500
      ? { hint: 'nothing is lost; try again later, or see git signet doctor' }
      : {},
  );
}
