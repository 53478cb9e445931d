/** Proxies, authorities, IPv6 and kept connections, on both runtimes: the client in a process of each. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asked, Came } from '../support/asker.ts';
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts';
import { type PrivateNetwork, startPrivateNetwork } from '../support/private-network.ts';
import { askOn, type Runtime } from '../support/runtimes.ts';
import { scratchDirectory } from '../support/sandbox.ts';

const dir = scratchDirectory('network');
let network: PrivateNetwork;
const servers: Server[] = [];
/** First pieces of what each connection sent. */
const pieces: string[] = [];
let connections = 0;

async function serve(host: string): Promise<number> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.end(`${request.method} ${request.headers.host}${request.url} ${body}`);
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.prependListener('data', (chunk) => pieces.push(String(chunk)));
  });
  servers.push(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Answers the first request of each connection; of the others it hears nothing, as behind a box that forgets them. */
async function serveForgetfully(): Promise<number> {
  const known = new WeakSet<object>();
  const server = createServer((request, response) => {
    if (known.has(request.socket)) return;
    known.add(request.socket);
    response.end(`${request.method} heard`);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

let plain: number;
let forgetful: number;
let six: number;
beforeAll(async () => {
  plain = await serve('127.0.0.1');
  six = await serve('::1').catch(() => 0);
  if (six === 0) console.warn('skipped: no IPv6 on this machine');
  forgetful = await serveForgetfully();
  network = await startPrivateNetwork(dir, {
    ...{ any: plain, 'forgetful.example.test': forgetful },
  });
  writeFileSync(join(dir, 'empty.pem'), 'no certificate\n');
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  writeFileSync(join(dir, 'spoilt.pem'), `${broken}${readFileSync(network.caFile, 'utf8')}`);
});
afterAll(() => {
  network.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(dir, { recursive: true, force: true });
});

/** What the runtimes say of a certificate for another host, and of one from an unknown authority. */
const OTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID';
const UNKNOWN_AUTHORITY = /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;
const LOG = 'https://rekor.example.test/api/v1/log';

describe.each<Runtime>(['node', 'bun'])('on %s', (runtime) => {
  const one = async (asked: Asked): Promise<Came> => {
    const [came] = await askOn(runtime, [asked]);
    return came![0]!;
  };

  it('tunnels through proxies, and keeps the tunnel', async () => {
    const { caFile, proxy, proxyWithLogin, proxyWithTls } = network;
    const [before, shaken] = [network.connects.length, network.handshakes()];
    const requests = [{ url: LOG }, { url: LOG, method: 'POST' as const, body: 'x' }];
    const settings = { caFile };
    const came = await askOn(runtime, [
      { settings, env: { HTTPS_PROXY: proxy }, requests },
      { settings, env: { https_proxy: proxyWithLogin }, requests },
      { settings, env: { ALL_PROXY: proxyWithTls }, requests },
      { settings: { caFile, proxy }, env: { HTTPS_PROXY: 'http://127.0.0.1:9' }, requests },
      {
        settings,
        env: { HTTPS_PROXY: proxy },
        requests: [{ url: 'https://[2001:db8::1]:8443/x' }],
      },
    ]);
    for (const each of came.slice(0, 4)) {
      expect(each.map(({ body, message }) => message ?? body)).toEqual([
        'GET rekor.example.test/api/v1/log ',
        'POST rekor.example.test/api/v1/log x',
      ]);
    }
    // its certificate does not name that address: the tunnel was asked for, and its end looked at
    expect(came[4]![0]!.cause).toBe(OTHER_HOST);
    expect(network.connects.slice(before).toSorted()).toEqual([
      '[2001:db8::1]:8443',
      ...new Array(4).fill('rekor.example.test:443'),
    ]);
    // one that ends in a refusal is a handshake as well, seen from here
    expect(network.handshakes() - shaken).toBeLessThanOrEqual(5);
  });

  it('what may not be sent twice takes a new connection, directly, through TLS and through proxies (O21)', async () => {
    const { caFile, proxy, proxyWithTls } = network;
    const https = 'https://forgetful.example.test/token';
    const asking = (url: string, newConnection: boolean): Asked['requests'] => [
      { url },
      { url, method: 'POST', body: 'code', deadline: 2, newConnection },
      { url, method: 'POST', body: 'code', deadline: 2, newConnection },
    ];
    const ways: readonly Omit<Asked, 'requests'>[] = [
      {},
      { settings: { caFile, proxy } },
      { settings: { caFile, proxy: proxyWithTls } },
    ];
    const urls = [`http://127.0.0.1:${forgetful}/token`, https, https];
    const fresh = await askOn(
      runtime,
      ways.map((way, at) => ({ ...way, requests: asking(urls[at] ?? '', true) })),
    );
    for (const came of fresh) {
      expect(came.map(({ body, message }) => message ?? body)).toEqual([
        'GET heard',
        ...new Array(2).fill('POST heard'),
      ]);
    }
    const kept = await askOn(
      runtime,
      ways.map((way, at) => ({ ...way, requests: asking(urls[at] ?? '', false).slice(0, 2) })),
    );
    for (const [, second] of kept) {
      expect(second?.code).toBe('SERVICE_UNREACHABLE');
      expect(second?.message).toMatch(/ 2 s /);
    }
  });

  it('the error says which proxy it was, never its password', async () => {
    const { caFile, proxy, proxyWithLogin } = network;
    const wrong = proxyWithLogin.replace('p%40ss', 'guess');
    const settings = { caFile };
    const url = 'https://forbidden.example.test/x';
    const came = await askOn(runtime, [
      { settings, env: { HTTPS_PROXY: wrong }, requests: [{ url: LOG, idempotent: true }] },
      { settings, env: { HTTPS_PROXY: proxy }, requests: [{ url, idempotent: true }] },
      { settings, env: { HTTPS_PROXY: 'http://u:secret@127.0.0.1:9' }, requests: [{ url: LOG }] },
      { env: { HTTPS_PROXY: 'socks5://u:secret@127.0.0.1:9' }, requests: [{ url: LOG }] },
    ]);
    const [login, forbidden, down, socks] = came.map(([first]) => first!);
    expect(login!.message).toMatch(
      /\(rekor\.example\.test, GET \/api\/v1\/log: .*127\.0\.0\.1:\d+ \(HTTPS_PROXY\).*\(407\)\)$/,
    );
    expect(login!.hint).toMatch(/HTTPS_PROXY.*signet\.proxy/);
    expect(forbidden!.message).toMatch(/forbidden\.example\.test:443 \(403\)\)$/);
    expect(down!.message).toMatch(/127\.0\.0\.1:9 \(HTTPS_PROXY\).*, tried 3/);
    expect(socks!.message).toMatch(/HTTPS_PROXY.*socks5/);
    expect(JSON.stringify(came)).not.toMatch(/secret|guess|p@ss|p%40ss/);
  });

  it('a proxy itself is asked for what may be asked without TLS', async () => {
    const { caFile, proxy, proxyWithLogin, proxyWithTls } = network;
    const settings = { caFile, insecureHttp: 'log.example.test' };
    const url = 'http://log.example.test:8080/api?x=1';
    const requests = [{ url, method: 'POST' as const, body: 'x' }];
    const came = await askOn(runtime, [
      { settings, env: { HTTP_PROXY: proxy }, requests },
      { settings, env: { http_proxy: proxyWithLogin }, requests },
      { settings: { ...settings, proxy: proxyWithTls }, requests },
      { settings, env: { HTTP_PROXY: proxyWithLogin.replace('p%40ss', 'guess') }, requests },
      { settings: { caFile }, env: { HTTP_PROXY: proxy }, requests },
    ]);
    for (const [first] of came.slice(0, 3)) {
      expect(first!.message ?? first!.body).toBe(
        'forwarded POST http://log.example.test:8080/api?x=1 for log.example.test:8080',
      );
    }
    expect(came[3]![0]!.message).toMatch(/\(HTTP_PROXY\).*\(407\)/);
    expect(came[4]![0]!.code).toBe('SERVICE_REFUSED');
  });

  it('a proxy with TLS is known by its own name, not by that of the server behind it (O17)', async () => {
    const { caFile, proxyWithTls } = network;
    const stranger = proxyWithTls.replace('127.0.0.1', 'localhost');
    const settings = { caFile, insecureHttp: 'log.example.test, log.elsewhere.test' };
    const through = (proxy: string, url: string): Asked => ({
      settings: { ...settings, proxy },
      requests: [{ url }],
    });
    const before = network.connects.length;
    const came = await askOn(runtime, [
      through(stranger, LOG),
      through(stranger, 'http://log.example.test/x'),
      through(proxyWithTls, 'http://log.elsewhere.test/x'),
      through(proxyWithTls, 'https://elsewhere.test/x'),
    ]);
    const [tunnel, clear, forwarded, elsewhere] = came.map(([first]) => first!);
    expect(tunnel!.message).toContain(new URL(stranger).host);
    expect(tunnel!.cause).toBe(OTHER_HOST);
    expect(clear!.cause).toBe(OTHER_HOST);
    expect(forwarded!.body).toMatch(/^forwarded GET http:\/\/log\.elsewhere\.test\/x/);
    // the proxy was let lead there; it is the server whose certificate is another's
    expect(elsewhere!.message).toContain('(signet.proxy)');
    expect(elsewhere!.cause).toBe(OTHER_HOST);
    // the stranger heard nothing
    expect(network.connects.slice(before).toSorted()).toEqual([
      'elsewhere.test:443',
      'http://log.elsewhere.test/x',
    ]);
  });

  it('believes a name by authorities that are known, and says which (O17)', async () => {
    const { caFile, proxy, tlsPort } = network;
    const direct = `https://127.0.0.1:${tlsPort}/a`;
    const cases: Asked[] = [
      { requests: [{ url: direct, idempotent: true }] },
      { env: { HTTPS_PROXY: proxy }, requests: [{ url: LOG, idempotent: true }] },
      { settings: { caFile }, requests: [{ url: direct }, { url: direct }] },
      { env: { SSL_CERT_FILE: caFile }, requests: [{ url: direct }] },
      { env: { SSL_CERT_DIR: dir }, requests: [{ url: direct }] },
      { env: { NODE_EXTRA_CA_CERTS: caFile }, requests: [{ url: direct }] },
      { settings: { caFile }, requests: [{ url: `https://localhost:${tlsPort}/a` }] },
      { settings: { caFile: join(dir, 'empty.pem') }, requests: [{ url: direct }] },
      { settings: { caFile: join(dir, 'absent.pem') }, requests: [{ url: direct }] },
      { env: { SSL_CERT_FILE: join(dir, 'absent.pem') }, requests: [{ url: direct }] },
      { settings: { caFile: join(dir, 'spoilt.pem') }, requests: [{ url: direct }] },
      { env: { SSL_CERT_FILE: join(dir, 'spoilt.pem') }, requests: [{ url: direct }] },
    ];
    const came = await askOn(runtime, cases);
    const [unknown, tunnelled, , , , , otherName, empty, absent, passed, spoilt] = came.map(
      ([first]) => first!,
    );
    for (const refused of [unknown, tunnelled, passed]) {
      expect(refused!.cause).toMatch(UNKNOWN_AUTHORITY);
      expect(refused!.message).not.toContain('tried');
      expect(refused!.hint).toMatch(
        /^known authorities: built in.*git config --global signet\.caFile FILE$/,
      );
    }
    expect(tunnelled!.message).toMatch(/127\.0\.0\.1:\d+ \(HTTPS_PROXY\)/);
    for (const believed of came.slice(2, 6)) {
      for (const { status, message } of believed) expect(message ?? status).toBe(200);
    }
    expect(otherName!.cause).toBe(OTHER_HOST);
    expect(empty!.message).toMatch(/^signet\.caFile: .*empty\.pem/);
    expect(absent!.message).toMatch(/^signet\.caFile: .*absent\.pem/);
    // a setting of ours must be whole; another program's file gives what can be read of it
    expect(spoilt!.message).toMatch(/^signet\.caFile: .*spoilt\.pem/);
    expect(came.at(-1)![0]!.status).toBe(200);
  });

  it('what the runtime reads by itself is no way past a proxy setting or a NO_PROXY', async () => {
    const { caFile, proxy } = network;
    const before = network.connects.length;
    const [direct, off] = await askOn(
      runtime,
      [
        {
          settings: { caFile },
          env: { HTTPS_PROXY: proxy, NO_PROXY: 'example.test' },
          requests: [{ url: LOG }],
        },
        { settings: { proxy: 'none', caFile }, env: {}, requests: [{ url: LOG }] },
      ],
      // in the process's own environment too
      { HTTPS_PROXY: proxy, https_proxy: proxy, HTTP_PROXY: proxy, NODE_USE_ENV_PROXY: '1' },
    );
    for (const came of [direct![0]!, off![0]!]) expect(came.message).toMatch(/no such host/);
    expect(network.connects.length).toBe(before);
  });

  it('an answer that never ends, or leads elsewhere, is given up (I06 R15)', async () => {
    const says: Partial<Record<Fault, RegExp>> = {
      refuse: /connection refused, tried 3 times/,
      reset: /connection closed|cut off|aborted/,
      hang: /did not answer in 1 s \(HOST, GET \/x, tried 3 times\)/,
      drip: /did not answer in 1 s/,
      '429 for an hour': /it asked to wait 3\d\d\d s/,
      'huge body': /gave an answer that is too long/,
      redirect: /redirects from HOST to 127\.0\.0\.1:9, and redirects are not followed/,
    };
    const faults = Object.keys(says) as Fault[];
    const target = `http://127.0.0.1:${plain}`;
    const proxies = await Promise.all(faults.map((fault) => startFaultProxy({ target, fault })));
    const came = await askOn(
      runtime,
      proxies.map(({ url }, at) => ({
        settings: { timeout: ['hang', 'drip'].includes(faults[at]!) ? 1 : 20 },
        requests: [{ url: `${url}/x`, idempotent: true }],
      })),
    );
    for (const [at, fault] of faults.entries()) {
      const { host, close } = proxies[at]!;
      close();
      const { message = '' } = came[at]![0]!;
      expect(message, fault).toMatch(new RegExp(says[fault]!.source.replaceAll('HOST', host)));
    }
  });

  it('addresses of both families are reached', async () => {
    const requests = [
      ...(six === 0 ? [] : [{ url: `http://[::1]:${six}/six` }]),
      { url: `http://localhost:${plain}/four` },
    ];
    const [came] = await askOn(runtime, [{ requests }]);
    expect(came).toHaveLength(requests.length);
    for (const { status, message } of came!) expect(message ?? status).toBe(200);
  });

  it('a warm request is one piece on the connection that is there', async () => {
    pieces.length = 0;
    connections = 0;
    const post = { url: `http://127.0.0.1:${plain}/log`, method: 'POST' as const, body: 'entry' };
    const came = await one({ requests: [post, post, post] });
    expect(came.status).toBe(200);
    expect(connections).toBe(1);
    expect(pieces).toHaveLength(3);
    for (const piece of pieces) expect(piece).toMatch(/^POST \/log [\s\S]*\r\n\r\nentry$/);
  });
});
