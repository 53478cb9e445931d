/** Whether servers answer at all: asked by doctor, by the agent, and by a signer that the agent gave its work back to. */

import type { HttpAnswer, HttpSend } from '../http/message.ts';
import type { LogService, Services } from './in-force.ts';

/** A server, and a question to it that any server of its kind answers. */
export interface Server {
  readonly what: string;
  readonly url: string;
  /** What is missing without it, where signing here goes on all the same. */
  readonly spare?: string;
}

export interface AskedServer {
  readonly server: Server;
  readonly answer?: HttpAnswer;
  readonly error?: Error;
  /** Seconds that the server's clock is ahead of ours. */
  readonly ahead?: number;
}

/** None is waited for longer, in seconds. */
const PATIENCE = 10;

function logProbe({ url, version }: LogService): string {
  return `${url}${version === 2 ? '/api/v2/checkpoint' : '/api/v1/log'}`;
}

/** The servers that a login is asked of, and a signature. */
export function serversInUse({
  issuerUrl,
  ...signing
}: Pick<Services, 'issuerUrl' | 'fulcioUrl' | 'log' | 'timestampUrl'>): readonly Server[] {
  const issuer = `${issuerUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  return [{ what: 'issuer', url: issuer }, ...signingServers(signing)];
}

/** The servers that a signature is asked of. */
export function signingServers({
  fulcioUrl,
  log,
  timestampUrl,
}: Omit<Services, 'issuerUrl'>): readonly Server[] {
  return [
    { what: 'certificate authority', url: `${fulcioUrl}/api/v2/configuration` },
    ...(log === undefined ? [] : [{ what: 'log', url: logProbe(log) }]),
    ...(timestampUrl === undefined ? [] : [{ what: 'timestamp authority', url: timestampUrl }]),
  ];
}

/** Asks a server. Any answer is one; its clock is compared with `now` (Unix seconds). Never rejects. */
export async function askServer(
  server: Server,
  send: HttpSend,
  now: () => number,
): Promise<AskedServer> {
  const before = now();
  try {
    const answer = await send({
      service: `the ${server.what}`,
      method: 'GET',
      url: server.url,
      deadline: PATIENCE,
      limit: 4 * 1024 * 1024,
    });
    const date = Date.parse(answer.headers.date ?? '') / 1000;
    const after = now();
    // their clock was read somewhere between our two readings: only what lies outside is skew
    const ahead = date < before ? date - before : Math.max(0, date - after);
    return { server, answer, ...(Number.isNaN(ahead) ? {} : { ahead }) };
  } catch (error) {
    return { server, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Asks all of them at once. @throws ServiceError for the first that does not answer; what else a request failed with */
export async function reachAll(servers: readonly Server[], send: HttpSend): Promise<void> {
  const asked = await Promise.all(servers.map((server) => askServer(server, send, () => 0)));
  const failed = asked.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw failed.error;
}
