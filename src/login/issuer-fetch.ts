/** Gives openid-client our HTTP client, so that its bounds, its deadlines and the ban on plain http apply. */

import type { CustomFetch } from 'openid-client';
import { ServiceError } from '../errors.ts';
import { refusedBy } from '../http/answers.ts';
import type { HttpSend } from '../http/message.ts';
import { Secret } from '../system/secret.ts';

export const SERVICE = 'the issuer';

/** Returns a `fetch` for openid-client that uses our HTTP client. */
export function fetchWith(send: HttpSend): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    if (method !== 'GET' && method !== 'POST')
      throw new ServiceError('SERVICE_REFUSED', `${SERVICE} was not asked: ${method}`);
    const answer = await send({
      service: SERVICE,
      method,
      url,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, new Secret(value)]),
      ),
      ...(body === undefined || body === null ? {} : { body: new Secret(String(body)) }),
      signal,
      limit: 256 * 1024,
      idempotent: method === 'GET',
      // a code or refresh token works once, and the connection of discovery may have gone dead during the login
      newConnection: method === 'POST',
      hint: 'nothing was signed. Try again',
    });
    // these statuses mean an outage, and not a refused login
    if (answer.status === 429 || answer.status >= 500) throw refusedBy(SERVICE, url, answer);
    const empty = answer.status === 204 || answer.status === 205;
    return new Response(empty ? null : Uint8Array.from(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  };
}
