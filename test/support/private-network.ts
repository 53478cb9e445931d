/**
 * A company's network on loopback: an authority of its own, names under example.test that only its proxies know, and
 * TLS in front of plain services. Nothing resolves these names: who does not go through a proxy reaches nothing.
 */

import 'reflect-metadata';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { SubjectAlternativeNameExtension } from '@peculiar/x509';
import {
  BasicConstraintsExtension,
  type CertificateFields,
  certificatePem,
  distinguishedName,
  issueCertificate,
  KeyUsageFlags,
  KeyUsagesExtension,
  keyIdentifiers,
  signingKeyOf,
} from '../../src/sandbox/fulcio/certificates.ts';
import { spkiOf } from '../../src/sandbox/rekor/signed-note.ts';

export interface PrivateNetwork {
  /** The authority, PEM. */
  readonly caFile: string;
  /** Asks for no password. */
  readonly proxy: string;
  /** Wants `user:p%40ss`. */
  readonly proxyWithLogin: string;
  readonly proxyWithTls: string;
  /** TLS for `*.example.test`, 127.0.0.1 and ::1, reached directly. */
  readonly tlsPort: number;
  /** `host:port` of each CONNECT, in order. */
  readonly connects: string[];
  /** TLS connections to services. */
  readonly handshakes: () => number;
  readonly close: () => void;
}

const PROXY_LOGIN = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;

interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** A server's key and certificate, and the authority that issued it. */
async function privateIdentity(): Promise<Identity & { readonly ca: string }> {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [authority, server] = [pair(), pair()];
  const now = Math.floor(Date.now() / 1000);
  const named = (commonName: string) =>
    distinguishedName({ organization: 'git-signet sandbox', commonName });
  const issuer = {
    subject: named('example.test authority'),
    publicKey: authority.publicKey,
    signingKey: await signingKeyOf(authority.privateKey),
  };
  const issue = async (of: Pick<CertificateFields, 'subject' | 'extensions'>, key: KeyObject) => {
    const spki = spkiOf(key);
    const extensions = [...of.extensions, ...keyIdentifiers(spki, issuer.publicKey)];
    const dates = { notBefore: now - 86_400, notAfter: now + 86_400 };
    const { rawData } = await issueCertificate(issuer, { ...of, ...dates, spki, extensions });
    return certificatePem(Buffer.from(rawData));
  };
  const authorised = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;
  const ca = {
    subject: issuer.subject,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(authorised, true),
    ],
  };
  const names = [
    { type: 'dns', value: '*.example.test' },
    { type: 'ip', value: '127.0.0.1' },
    { type: 'ip', value: '::1' },
  ] as const;
  const leaf = {
    subject: named('a server'),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new SubjectAlternativeNameExtension([...names]),
    ],
  };
  return {
    ca: await issue(ca, authority.publicKey),
    cert: await issue(leaf, server.publicKey),
    key: String(server.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}

/** Host name → port of a plain service on this machine. */
export type Targets = Readonly<Record<string, number>>;

/** Starts it; the authority's file goes into `dir`. */
export async function startPrivateNetwork(dir: string, targets: Targets): Promise<PrivateNetwork> {
  const { ca, ...identity } = await privateIdentity();
  const caFile = join(dir, 'company-ca.pem');
  writeFileSync(caFile, `what this is\n${ca}`);
  const sockets = new Set<Socket>();
  const connects: string[] = [];
  let handshakes = 0;
  const join2 = (one: Socket, other: Socket): void => {
    for (const [from, to] of [[one, other] as const, [other, one] as const]) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  };
  const front = createTlsServer(identity, (socket) => {
    handshakes += 1;
    const { servername } = socket as { readonly servername?: string };
    const port = targets[servername || 'any'] ?? targets.any;
    if (port === undefined) return socket.destroy();
    return join2(socket, connect(port, '127.0.0.1'));
  });
  front.on('tlsClientError', () => undefined);
  const tlsPort = await listening(front);
  const proxying = (server: HttpServer, login?: string): HttpServer => {
    server.on('request', (request, response) => {
      connects.push(request.url ?? '');
      const wanted = login === undefined || request.headers['proxy-authorization'] === login;
      const { host } = request.headers;
      response.writeHead(wanted ? 200 : 407, { 'x-host': host ?? '' });
      response.end(wanted ? `forwarded ${request.method} ${request.url} for ${host}` : '');
    });
    server.on('connect', (request, socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      connects.push(request.url ?? '');
      if (login !== undefined && request.headers['proxy-authorization'] !== login) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      if (request.url?.startsWith('forbidden.')) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const onward = connect(tlsPort, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        join2(socket, onward);
      });
    });
    return server;
  };
  const plain = proxying(createHttpServer());
  const login = proxying(createHttpServer(), PROXY_LOGIN);
  const secure = proxying(createHttpsServer(identity));
  const [plainPort, loginPort, securePort] = await Promise.all(
    [plain, login, secure].map(listening),
  );
  return {
    caFile,
    proxy: `http://127.0.0.1:${plainPort}`,
    proxyWithLogin: `http://user:p%40ss@127.0.0.1:${loginPort}`,
    proxyWithTls: `https://127.0.0.1:${securePort}`,
    tlsPort,
    connects,
    handshakes: () => handshakes,
    close: () => {
      for (const socket of sockets) socket.destroy();
      for (const server of [front, plain, login, secure]) server.close();
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
