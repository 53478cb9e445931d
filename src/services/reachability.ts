/** Checks whether servers answer. Used by doctor, by the agent, and by git's call if the agent could not sign. */

import type { HttpAnswer, HttpSend } from '../http/message.ts';
import type { LogService, Services } from './choose-servers.ts';

/** A server, and an address that every server of its kind answers. */
export interface Server {
  readonly what: string;
  readonly url: string;
  /** What is missing without this server, if signing works without it. */
  readonly spare?: string;
}

export interface AskedServer {
  readonly server: Server;
  readonly answer?: HttpAnswer;
  readonly error?: Error;
  /** Seconds that the server's clock is ahead of ours. */
  readonly ahead?: number | undefined;
}

/** Seconds to wait for each server. */
const PATIENCE = 10;

function logProbe({ url, version }: LogService): string {
  return `${url}${version === 2 ? '/api/v2/checkpoint' : '/api/v1/log'}`;
}

/** Returns the servers that a login and a signature need. */
export function serversInUse({
  issuerUrl,
  ...signing
}: Pick<Services, 'issuerUrl' | 'fulcioUrl' | 'log' | 'timestampUrl'>): readonly Server[] {
  const issuer = `${issuerUrl.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  return [{ what: 'issuer', url: issuer }, ...signingServers(signing)];
}

/** Returns the servers that a signature needs. */
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

/** Asks a server and compares its clock with `now` (Unix seconds). Any status counts as an answer. Never rejects. */
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
    // the server read its clock between our two readings, so only a time outside of them is skew
    const ahead = date < before ? date - before : Math.max(0, date - after);
    return { server, answer, ahead: Number.isNaN(ahead) ? undefined : ahead };
  } catch (error) {
    return { server, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Asks all servers at once. @throws the first server's error, mostly ServiceError */
export async function reachAll(servers: readonly Server[], send: HttpSend): Promise<void> {
  const asked = await Promise.all(servers.map((server) => askServer(server, send, () => 0)));
  const failed = asked.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw failed.error;
}
