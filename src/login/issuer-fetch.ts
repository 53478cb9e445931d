/** openid-client's way to the network: our own client, so that bounds, deadlines and the ban on plain http hold there too. */

import type { CustomFetch } from 'openid-client';
import { ServiceError } from '../errors.ts';
import { refusedBy } from '../http/answers.ts';
import type { HttpSend } from '../http/message.ts';
import { Secret } from '../system/secret.ts';

/** Who is asked, for messages. */
export const SERVICE = 'the issuer';

/** openid-client's requests, over our own client: bounded, no redirects, https but on loopback. */
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
      // a code or a refresh token is good once, and the connection of discovery has stood idle while the person logged in
      newConnection: method === 'POST',
      hint: 'nothing was signed; try again',
    });
    // an issuer in trouble is an outage, not a login that was refused
    if (answer.status === 429 || answer.status >= 500) throw refusedBy(SERVICE, url, answer);
    const empty = answer.status === 204 || answer.status === 205;
    return new Response(empty ? null : Uint8Array.from(answer.body), {
      status: answer.status,
      headers: answer.headers,
    });
  };
}
