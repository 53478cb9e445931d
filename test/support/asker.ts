/**
 * The HTTP client in a process of its own, so that it can be watched on either runtime: requests as JSON on stdin,
 * what came of each on stdout. Started by `askOn`.
 */

import { readFileSync } from 'node:fs';
import { createHttpClient } from '../../src/http/http.ts';
import type { HttpRequest } from '../../src/http/message.ts';
import { type NetworkSettings, networkOptions } from '../../src/http/network.ts';

export interface Asked {
  readonly settings?: Partial<NetworkSettings>;
  readonly env?: Readonly<Record<string, string>>;
  /** One after the other, by one client. */
  readonly requests: readonly (Partial<HttpRequest> & { readonly url: string })[];
}

export interface Came {
  readonly status?: number;
  readonly body?: string;
  readonly attempts?: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  /** The code of the runtime’s error: of the connection to the server, or to the proxy. */
  readonly cause?: string;
}

function causeOf(error: unknown): string | undefined {
  const { cause } = error as Error;
  return cause instanceof Error ? (causeOf(cause) ?? (cause as { code?: string }).code) : undefined;
}

async function ask({ settings = {}, env = {}, requests }: Asked): Promise<readonly Came[]> {
  const client = createHttpClient(networkOptions({ timeout: 10, ...settings }, env));
  const came: Came[] = [];
  for (const request of requests) {
    try {
      const answer = await client.send({ service: 'the log', method: 'GET', ...request });
      came.push({ ...answer, body: Buffer.from(answer.body).toString() });
    } catch (error) {
      const { code, message, hint } = error as Came;
      const cause = causeOf(error);
      const said = { ...(message && { message }), ...(hint && { hint }) };
      came.push({ ...(code && { code }), ...said, ...(cause && { cause }) });
    }
  }
  client.close();
  return came;
}

if (process.argv[2] === 'ask') {
  const cases: readonly Asked[] = JSON.parse(readFileSync(0, 'utf8'));
  process.stdout.write(JSON.stringify(await Promise.all(cases.map(ask))));
  process.exit(0);
}
