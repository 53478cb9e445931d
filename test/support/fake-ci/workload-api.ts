/**
 * A SPIFFE Workload API on a Unix socket, written from the standard with another protobuf codec than the program's:
 * gRPC over HTTP/2 in clear text, one method.
 */

import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Mint } from './services.ts';

export type WorkloadFault =
  | 'denied'
  | 'unavailable'
  | 'slow'
  | 'not a message'
  | 'no identity'
  | 'huge'
  | 'reset'
  | 'status 404';

export interface WorkloadApi {
  /** Value of SPIFFE_ENDPOINT_SOCKET. */
  readonly address: string;
  readonly audiences: string[];
  readonly fail: (fault: WorkloadFault | undefined) => void;
  readonly close: () => Promise<void>;
}

/** A length-delimited field; sizes under 16,384. */
function field(number: number, value: Buffer): Buffer {
  const size =
    value.length < 128 ? [value.length] : [(value.length & 0x7f) | 0x80, value.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...size]), value]);
}

const framed = (message: Buffer): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
};

/** `JWTSVIDRequest { audience = 1 }`, one audience, shorter than 128 octets. */
function audienceOf(body: Buffer): string {
  const message = body.subarray(5);
  if (message[0] !== 0x0a || message[1] !== message.length - 2) throw new Error('not one audience');
  return message.subarray(2).toString();
}

function finish(stream: ServerHttp2Stream, status: string, message: string, body?: Buffer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () =>
    stream.sendTrailers({
      'grpc-status': status,
      ...(message === '' ? {} : { 'grpc-message': message }),
    }),
  );
  stream.end(body);
}

async function answer(
  stream: ServerHttp2Stream,
  body: Buffer,
  mint: Mint,
  audiences: string[],
): Promise<void> {
  const audience = audienceOf(body);
  audiences.push(audience);
  const token = await mint(audience);
  const svid = Buffer.concat([
    field(1, Buffer.from('spiffe://example.test/signer')),
    field(2, Buffer.from(token)),
    field(3, Buffer.from('a hint')),
  ]);
  const other = Buffer.concat([
    field(1, Buffer.from('spiffe://example.test/other')),
    field(2, Buffer.from('x')),
  ]);
  finish(stream, '0', '', framed(Buffer.concat([field(1, svid), field(1, other)])));
}

const MISBEHAVIOUR: Readonly<Record<WorkloadFault, (stream: ServerHttp2Stream) => void>> = {
  slow: () => undefined,
  reset: (stream) => stream.close(2),
  'status 404': (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
  denied: (stream) => finish(stream, '7', 'no identity issued'),
  unavailable: (stream) => finish(stream, '14', ''),
  'no identity': (stream) => finish(stream, '0', '', framed(Buffer.alloc(0))),
  huge: (stream) => finish(stream, '0', '', framed(Buffer.alloc(200_000))),
  'not a message': (stream) => finish(stream, '0', '', Buffer.from('eyJhbGciOiJSUzI1NiJ9.e30')),
};

/** `place`: a path, or undefined for TCP on loopback. */
export async function startWorkloadApi(
  mint: Mint,
  place: string | undefined,
): Promise<WorkloadApi> {
  let fault: WorkloadFault | undefined;
  const audiences: string[] = [];
  const server: Http2Server = createServer();
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (fault !== undefined) return MISBEHAVIOUR[fault](stream);
      if (headers[':path'] !== '/SpiffeWorkloadAPI/FetchJWTSVID') return finish(stream, '12', '');
      if (headers['workload.spiffe.io'] !== 'true' || headers['te'] !== 'trailers')
        return finish(stream, '3', 'security header missing');
      answer(stream, Buffer.concat(chunks), mint, audiences).catch(() =>
        finish(stream, '3', 'bad'),
      );
    });
  });
  await new Promise<void>((resolve) =>
    place === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(place, resolve),
  );
  const address =
    place === undefined
      ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
      : `unix://${place}`;
  return {
    address,
    audiences,
    fail: (next) => {
      fault = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}
