/** One fake HTTP service on loopback: speaks a provider's real protocol, or misbehaves in one named way. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ways in which every service can fail. */
export type Fault = '401' | '500' | 'slow' | 'not JSON' | 'no token' | 'huge' | 'redirect' | 'gone';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeService {
  readonly url: string;
  readonly asked: Asked[];
  readonly fail: (fault: Fault | undefined) => void;
  readonly close: () => Promise<void>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

function misbehave(fault: Fault, response: ServerResponse): void {
  const answers: Partial<Record<Fault, [number, string]>> = {
    '401': [401, '{"message":"the key is not good here"}'],
    '500': [500, '<html>oops</html>'],
    'not JSON': [200, '<html>eyJhbGciOiJSUzI1NiJ9.e30.c2ln</html>'],
    'no token': [200, '{"count": 0}'],
    huge: [200, `{"value":"${'x'.repeat(200_000)}"}`],
  };
  if (fault === 'slow') return;
  if (fault === 'gone') return void response.destroy();
  if (fault === 'redirect') {
    response.writeHead(302, { location: 'http://127.0.0.1:9/elsewhere' });
    response.end();
    return;
  }
  const [status, body] = answers[fault] ?? [500, ''];
  response.writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' });
  response.end(body);
}

export async function startService(
  answer: (asked: Asked) => Reply | Promise<Reply>,
): Promise<FakeService> {
  const asked: Asked[] = [];
  let fault: Fault | undefined;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url ?? '/', 'http://fake');
    const one = { method: request.method ?? '', url, headers: request.headers, body };
    asked.push(one);
    if (fault !== undefined) return misbehave(fault, response);
    const { status = 200, headers = {}, body: text } = await answer(one);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    fail: (next) => {
      fault = next;
      asked.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
