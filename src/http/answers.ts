/** Reads the answers of services: JSON, the message of an error, and a refusal as one line. */

import { fromUtf8 } from '../core/bytes.ts';
import { visible } from '../core/escape.ts';
import { isRecord, type Json } from '../core/json.ts';
import { ServiceError } from '../errors.ts';
import type { HttpAnswer } from './message.ts';

const MAX_MESSAGE = 200;

export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** Reads the body as JSON. @throws ServiceError `SERVICE_ANSWER` */
export function answerValue(answer: HttpAnswer, service: string): unknown {
  try {
    return JSON.parse(fromUtf8(answer.body) ?? '');
  } catch {
    throw badAnswer(service, 'it is not JSON', answer);
  }
}

/** Reads the body as a JSON object, which inherits no members. @throws ServiceError `SERVICE_ANSWER` */
export function answerJson(answer: HttpAnswer, service: string): Json {
  const value = answerValue(answer, service);
  if (!isRecord(value)) throw badAnswer(service, 'it is not a JSON object', answer);
  return Object.assign(Object.create(null), value);
}

/** Returns `message` of a JSON error, escaped and shortened, or '' if there is none. */
export function answerMessage(answer: HttpAnswer): string {
  try {
    const value: unknown = JSON.parse(fromUtf8(answer.body) ?? '');
    const message = isRecord(value) ? value.message : undefined;
    return typeof message === 'string' ? visible(message.slice(0, MAX_MESSAGE)) : '';
  } catch {
    return '';
  }
}

/** Returns the error for an answer that cannot be used. */
export function badAnswer(
  service: string,
  reason: string,
  { host }: Pick<HttpAnswer, 'host'>,
): ServiceError {
  const where = host === undefined ? '' : ` (${host})`;
  return new ServiceError(
    'SERVICE_ANSWER',
    `${service}${where} gave an answer that cannot be used: ${reason}`,
    { hint: 'nothing is lost. Check that the settings name the right server' },
  );
}

/** Returns the error for a status that is neither success nor redirect. */
export function refusedBy(service: string, url: string, answer: HttpAnswer): ServiceError {
  const message = answerMessage(answer);
  const because = message === '' ? '' : `: ${message}`;
  const tried = answer.attempts === undefined ? '' : `, tried ${answer.attempts} times`;
  return new ServiceError(
    'SERVICE_REFUSED',
    `${service} refused with status ${answer.status} (${new URL(url).host}${tried})${because}`,
    answer.status === 429 || answer.status >= 500
      ? { hint: 'nothing is lost. Try again later, or run: git signet doctor' }
      : {},
  );
}
