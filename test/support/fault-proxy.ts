/**
 * Stands between a client and one service on loopback, and breaks what passes: by refusing, resetting, hanging,
 * answering wrongly. What is not broken passes as it is, except that the service's own address becomes the proxy's.
 */

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export const FAULTS = [
  'none',
  'refuse',
  'reset',
  'reset once',
  'hang',
  'hang once',
  'drip',
  '429 once',
  '429 for an hour',
  '500 once',
  '500 always',
  '409',
  'wrong body',
  'other answer',
  'huge body',
  'redirect',
] as const;
export type Fault = (typeof FAULTS)[number];

/** An answer of the service, whole. */
export interface Recorded {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

export interface FaultProxy {
  readonly url: string;
  readonly host: string;
  /** Requests that arrived. */
  readonly asked: () => number;
  /** What the service answered, by path. A fault gives it to another client. */
  readonly recorded: ReadonlyMap<string, Recorded>;
  readonly close: () => void;
}

export interface FaultOptions {
  /** What stands behind: an address, or a part of one that all requests begin with. */
  readonly target: string;
  readonly fault: Fault;
  /** For `other answer`. */
  readonly others?: ReadonlyMap<string, Recorded>;
  /** Only these paths are broken; default all. */
  readonly only?: RegExp;
}

/** Starts it on a port of its own. */
export async function startFaultProxy(options: FaultOptions): Promise<FaultProxy> {
  const target = new URL(options.target);
  const recorded = new Map<string, Recorded>();
  let asked = 0;
  let broken = 0;
  let host = '';
  const server = createServer((incoming, outgoing) => {
    asked += 1;
    const path = incoming.url ?? '/';
    const affected = options.only === undefined || options.only.test(path);
    if (affected) broken += 1;
    const nth = affected ? broken : 0;
    pass(incoming, target, host)
      .then((answer) => {
        recorded.set(path, answer);
        return nth === 0
          ? write(outgoing, answer)
          : spoil(outgoing, answer, { ...options, path, nth });
      })
      .catch(() => outgoing.destroy());
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  host = `127.0.0.1:${port}`;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  if (options.fault === 'refuse') close();
  const { pathname } = target;
  const url = `http://${host}${pathname === '/' ? '' : pathname}`;
  return { url, host, asked: () => asked, recorded, close };
}

function pass(incoming: IncomingMessage, target: URL, host: string): Promise<Recorded> {
  return new Promise((resolve, reject) => {
    const onward = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...incoming.headers, connection: 'close' },
      },
      async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk as Buffer);
        const type = answer.headers['content-type'] ?? '';
        const bytes = Buffer.concat(chunks);
        // a service that names itself must be believed to be where it was asked
        const body = type.includes('json')
          ? Buffer.from(bytes.toString().replaceAll(target.host, host))
          : bytes;
        const headers = {
          'content-type': type,
          ...(answer.headers.location && {
            location: answer.headers.location.replaceAll(target.host, host),
          }),
        };
        resolve({ status: answer.statusCode ?? 0, headers, body });
      },
    );
    onward.on('error', reject);
    incoming.pipe(onward);
  });
}

function write(outgoing: ServerResponse, { status, headers, body }: Recorded): void {
  outgoing.writeHead(status, { ...headers, 'content-length': body.length });
  outgoing.end(body);
}

interface Spoiling extends FaultOptions {
  readonly path: string;
  /** How many were broken, this one included. */
  readonly nth: number;
}

const fixed = (status: number, headers: OutgoingHttpHeaders = {}, body = '{}'): Recorded => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(body),
});

/** The service has done its work by now: what is lost is its answer, which is the worse case. */
function spoil(outgoing: ServerResponse, answer: Recorded, spoiling: Spoiling): void {
  const { fault, nth } = spoiling;
  const spoilt = replaced(answer, spoiling);
  if (spoilt !== undefined) write(outgoing, spoilt);
  else if (fault.endsWith('once') && nth > 1) write(outgoing, answer);
  else if (fault === 'huge body') flood(outgoing, answer);
  else if (fault.startsWith('reset') || fault === 'drip') {
    outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    const half = answer.body.subarray(0, answer.body.length / 2);
    outgoing.write(half, () => (fault === 'drip' ? undefined : outgoing.destroy()));
  }
}

const HOUR = 3_600_000;

/** Another answer in the place of the service's, where the fault is one. */
function replaced(answer: Recorded, { fault, nth, others, path }: Spoiling): Recorded | undefined {
  if (fault.endsWith('once') && nth > 1) return undefined;
  const later = new Date(Date.now() + HOUR).toUTCString();
  const answers: Partial<Record<Fault, Recorded>> = {
    none: answer,
    '429 once': fixed(429, { 'retry-after': '1' }),
    '429 for an hour': fixed(429, { 'retry-after': later }),
    '500 once': fixed(500, {}, '{"message":"no backend"}'),
    '500 always': fixed(500, {}, '{"message":"no backend"}'),
    '409': fixed(409, {}, '{"message":"exists"}'),
    'wrong body': { ...answer, body: Buffer.from('{"hello":[1]}') },
    'other answer': others?.get(path) ?? answer,
    redirect: fixed(307, { location: 'http://127.0.0.1:9/elsewhere' }),
  };
  return answers[fault];
}

/** Without an end. */
function flood(outgoing: ServerResponse, { status, headers }: Recorded): void {
  outgoing.writeHead(status, headers);
  const more = (): void => {
    while (!outgoing.destroyed && outgoing.write(Buffer.alloc(64 * 1024, 0x20)));
  };
  outgoing.on('drain', more);
  outgoing.on('error', () => undefined);
  more();
}
