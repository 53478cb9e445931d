import { getEventListeners } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { attemptOnce } from '../../src/http/attempt.ts';
import { openConnections } from '../../src/http/connections.ts';
import { createHttpClient, type HttpClient, type HttpOptions } from '../../src/http/http.ts';
import type { HttpRequest } from '../../src/http/message.ts';
import { networkOptions } from '../../src/http/network.ts';
import { proxyChoice } from '../../src/http/proxy.ts';
import { Secret } from '../../src/system/secret.ts';

const servers: Server[] = [];
const clients: HttpClient[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(request: Partial<HttpRequest> & { url: string }, options: HttpOptions = {}) {
  const client = createHttpClient({ wait: async () => undefined, ...options });
  clients.push(client);
  return client.send({ service: 'the log', method: 'GET', ...request });
}

it('a request that is done is held by no deadline (O08)', async () => {
  const connections = openConnections({});
  const url = new URL(await serve((_request, response) => void response.end('{}')));
  const { signal } = new AbortController();
  const request = { service: 'the log', method: 'GET', url: url.href } as const;
  await attemptOnce(request, url, await connections.routeFor(url), signal);
  await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([]);
  connections.close();
});

describe('HttpClient', () => {
  it('a request sends a body and gives back status, headers and body', async () => {
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(201, { 'x-seen': request.headers.authorization ?? '' });
      response.end(`${request.method} ${body}`);
    });
    const answer = await send({
      url,
      method: 'POST',
      body: 'payload',
      headers: { authorization: new Secret('Bearer t') },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers['x-seen']).toBe('Bearer t');
    expect(Buffer.from(answer.body).toString()).toBe('POST payload');
  });

  it('http without TLS is allowed on this machine, and for hosts that the setting names', async () => {
    const url = (await serve((_request, response) => response.end('here'))).replace(
      '127.0.0.1',
      'localtest.example',
    );
    await expect(send({ url })).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
    });
    const options = networkOptions({ timeout: 1, insecureHttp: 'a.test, localtest.example' }, {});
    // it is asked: that there is no such host is another matter
    await expect(send({ url }, options)).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
  });

  it('a redirect is not followed, and the error names both hosts (R15 O08)', async () => {
    let asked = 0;
    const other = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    const url = await serve((_request, response) => {
      response.writeHead(302, { location: `${other}/steal` });
      response.end();
    });
    const failure = send({ url: `${url}/api/v1/log/entries?code=secretcode`, idempotent: true });
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
    await expect(failure).rejects.toThrow(new URL(url).host);
    await expect(failure).rejects.toThrow(new URL(other).host);
    await expect(failure).rejects.not.toThrow('secretcode');
    expect(asked).toBe(0);
  });

  it('a body over the limit is given up (I06 O08)', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (response.write(Buffer.alloc(64 * 1024))) if (response.destroyed) return;
      };
      response.on('drain', more);
      more();
    });
    await expect(send({ url, limit: 300_000 })).rejects.toMatchObject({ code: 'SERVICE_ANSWER' });
  });

  it('a server that never ends its answer meets the deadline (I06 O08)', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200);
      response.write('a');
    });
    const failure = send({ url, deadline: 0.2, idempotent: true });
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
  });

  it('a request ends by its own deadline while a proxy delays the tunnel (I06)', async () => {
    let ended = 0;
    const silent = createTcpServer((tunnel) => {
      tunnel.once('end', () => {
        ended += 1;
      });
      tunnel.resume();
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const proxyFor = proxyChoice(`http://127.0.0.1:${port}`, {});
    for (const idempotent of [false, true]) {
      const failure = send(
        { url: 'https://rekor.example.test/', deadline: 0.5, idempotent },
        { proxyFor },
      );
      await expect(failure).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
    }
    // if a request waited for its tunnel, the tunnel of the first would have ended by now
    expect(ended).toBe(0);
    silent.close();
  });

  it('an answer that switches to another protocol is given up at once (I06)', async () => {
    const url = await serve((request) => {
      request.socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      );
    });
    for (const idempotent of [false, true])
      await expect(send({ url, idempotent })).rejects.toMatchObject({
        code: 'SERVICE_UNREACHABLE',
      });
  });

  it('an answer that is cut off is refused (I06)', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    });
    await expect(send({ url })).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
  });

  it('a harmless request is repeated, three times at most', async () => {
    const statuses = [503, 429, 200];
    const url = await serve((_request, response) => {
      response.writeHead(statuses.shift() ?? 500);
      response.end();
    });
    expect((await send({ url, idempotent: true })).status).toBe(200);
    const always = await serve((_request, response) => response.writeHead(503).end());
    expect((await send({ url: always, idempotent: true })).status).toBe(503);
  });

  it('a request that changes something is sent once', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(503).end();
    });
    expect((await send({ url, method: 'POST' })).status).toBe(503);
    expect(asked).toBe(1);
  });

  it('a reset connection is asked again', async () => {
    let asked = 0;
    const url = await serve((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end('ok');
    });
    expect((await send({ url, idempotent: true })).status).toBe(200);
  });

  it('the client waits as long as Retry-After says, if there is time', async () => {
    const waited: number[] = [];
    const statuses = [429, 200];
    const url = await serve((_request, response) =>
      response.writeHead(statuses.shift() ?? 500, { 'retry-after': '2' }).end(),
    );
    const wait = async (milliseconds: number) => {
      waited.push(milliseconds);
    };
    await send({ url, idempotent: true }, { wait });
    expect(waited).toEqual([2000]);
    const never = await serve((_request, response) =>
      response.writeHead(429, { 'retry-after': '900000' }).end(),
    );
    await expect(send({ url: never, idempotent: true }, { wait })).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
  });

  it('a server that says 499, as for another client, is asked again after a second', async () => {
    const waited: number[] = [];
    const statuses = [499, 200];
    const url = await serve((_request, response) =>
      response.writeHead(statuses.shift() ?? 500).end(),
    );
    const wait = async (milliseconds: number) => {
      waited.push(milliseconds);
    };
    expect((await send({ url, idempotent: true }, { wait })).status).toBe(200);
    expect(waited).toEqual([1000]);
    const once = await serve((_request, response) => response.writeHead(499).end());
    expect((await send({ url: once, method: 'POST' }, { wait })).status).toBe(499);
    expect(waited).toEqual([1000]);
  });

  it('a kept connection that has gone is replaced at once, without a pause', async () => {
    const waited: number[] = [];
    const seen = new Map<object, number>();
    const url = await serve((request, response) => {
      const before = seen.get(request.socket) ?? 0;
      seen.set(request.socket, before + 1);
      // as a server does that closed it meanwhile
      if (before > 0) request.socket.destroy();
      else response.end('ok');
    });
    const wait = async (milliseconds: number) => {
      waited.push(milliseconds);
    };
    const client = createHttpClient({ wait });
    clients.push(client);
    const ask = { service: 'the log', method: 'POST', url, body: 'x', idempotent: true } as const;
    expect((await client.send(ask)).status).toBe(200);
    const again = await client.send(ask);
    expect([again.status, again.attempts]).toEqual([200, undefined]);
    expect(waited).toEqual([]);
    expect(seen.size).toBe(2);
    // what must not be asked twice is not, stale or not
    await expect(client.send({ ...ask, idempotent: false })).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
  });

  it('a request is sent again if the server cannot have seen the first', async () => {
    const url = await serve(() => undefined);
    servers[0]!.close();
    await expect(send({ url, method: 'POST' })).rejects.toThrow('tried 3 times');
    let asked = 0;
    const seen = await serve((request) => {
      asked += 1;
      request.socket.destroy();
    });
    await expect(send({ url: seen, method: 'POST' })).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
    expect(asked).toBe(1);
  });

  it('an attempt that hangs leaves time for another one', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      if (asked > 1) response.end('ok');
    });
    const answer = await send({ url, deadline: 4, idempotent: true });
    expect([answer.status, answer.attempts]).toEqual([200, 2]);
  });

  it('a closed client asks nothing again', async () => {
    let asked = 0;
    const url = await serve(() => {
      asked += 1;
    });
    const client = createHttpClient();
    const failure = client.send({ service: 'the log', method: 'POST', url, idempotent: true });
    failure.catch(() => undefined);
    while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    client.close();
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE_UNREACHABLE' });
    expect(asked).toBe(1);
  });

  it('the error says who refused the connection', async () => {
    const url = await serve(() => undefined);
    servers[0]!.close();
    const failure = send({ url: `${url}/x`, idempotent: true, hint: 'run it again' });
    const asked = `${new URL(url).host}, GET /x`;
    await expect(failure).rejects.toThrow(asked);
    await expect(failure).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
      cause: { code: 'ECONNREFUSED' },
      hint: 'run it again',
    });
  });

  it.each([
    'http://rekor.example/',
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'http://127.0.0.1.evil.example/',
    'https://user:pass@127.0.0.1/',
    'no address',
  ])('the address %s is not asked (O08)', async (url) => {
    await expect(send({ url })).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
  });

  it('https is refused while the environment switches certificate checking off (O17)', async () => {
    const failure = send({ url: 'https://127.0.0.1:1/' }, { tlsUnchecked: true });
    await expect(failure).rejects.toMatchObject({ code: 'SERVICE_REFUSED' });
    await expect(failure).rejects.toThrow('NODE_TLS_REJECT_UNAUTHORIZED');
  });

  it('the query, which may hold a code, stays out of messages (O10)', async () => {
    const url = await serve((request) => request.socket.destroy());
    await expect(send({ url: `${url}/token?code=abc123` })).rejects.not.toThrow('abc123');
  });
});
