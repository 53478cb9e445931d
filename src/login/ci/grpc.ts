/**
 * Makes one unary gRPC call over plain HTTP/2 to a service of this machine (grpc.io, "gRPC over HTTP2"). Each side sends
 * one message behind a header of five octets, and the trailers hold the status. Size and time are bounded.
 */

import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { visible } from '../../core/escape.ts';

export type GrpcPlace =
  | { readonly path: string }
  | { readonly host: string; readonly port: number };

export interface GrpcCall {
  readonly place: GrpcPlace;
  /** `/Service/Method`. */
  readonly path: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly message: Uint8Array;
  readonly seconds: number;
}

/** The message, or the reason why there is none. `away` is true if the service may answer later. */
export type GrpcAnswer =
  | { readonly message: Uint8Array }
  | { readonly failure: string; readonly away?: boolean };

const LIMIT = 64 * 1024;
const HEADER = 5;
/** Statuses of a service that may answer later. */
const AWAY = ['4', '14'];
/** The words for statuses. */
const STATUS: Readonly<Record<string, string>> = {
  '4': 'deadline exceeded',
  '5': 'not found',
  '7': 'permission denied',
  '12': 'not implemented',
  '14': 'unavailable',
  '16': 'not authenticated',
};

/** Makes the call. No failure of the service rejects. */
export async function callUnary(call: GrpcCall): Promise<GrpcAnswer> {
  const [{ connect }, net] = await Promise.all([import('node:http2'), import('node:net')]);
  const { place, seconds } = call;
  const session = connect('http://localhost', {
    createConnection: () => ('path' in place ? net.connect(place.path) : net.connect(place)),
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<GrpcAnswer>((resolve) => {
    timer = setTimeout(
      () => resolve({ failure: `it did not answer in ${seconds} s`, away: true }),
      seconds * 1000,
    );
  });
  const broken = new Promise<GrpcAnswer>((resolve) => {
    session.on('error', (error) => resolve(connectionFailure(error, place)));
  });
  try {
    return await Promise.race([broken, late, exchange(session, call)]);
  } finally {
    clearTimeout(timer);
    session.destroy();
  }
}

function connectionFailure(error: unknown, place: GrpcPlace): GrpcAnswer {
  const where = 'path' in place ? place.path : `${place.host}:${place.port}`;
  // if the connection failed, the reason is in the stream error's cause
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const failure = `${where} could not be reached${code === '' ? '' : ` (${code})`}`;
  // a missing socket, or one of another user, is a wrong configuration and no outage
  return { failure, away: !['ENOENT', 'EACCES'].includes(code) };
}

function exchange(
  session: ClientHttp2Session,
  { place, path, metadata, message, seconds }: GrpcCall,
): Promise<GrpcAnswer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    'grpc-timeout': `${seconds}S`,
    ...metadata,
  });
  const frame = Buffer.alloc(HEADER + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEADER);
  stream.end(frame);
  return answerOf(stream, place);
}

function answerOf(stream: ClientHttp2Stream, place: GrpcPlace): Promise<GrpcAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  return new Promise((resolve) => {
    stream.on('response', (received) => {
      headers = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > LIMIT) {
        resolve({ failure: 'its answer is too long' });
        stream.destroy();
      }
    });
    stream.on('error', (error) => resolve(connectionFailure(error, place)));
    stream.on('close', () => resolve(judge({ ...headers, ...trailers }, Buffer.concat(chunks))));
  });
}

/** Reads the status from the trailers, or from the headers if there are no trailers. */
function judge(headers: IncomingHttpHeaders, body: Buffer): GrpcAnswer {
  const answered = String(headers[':status'] ?? 'missing');
  if (answered !== '200') return { failure: `status ${answered}` };
  const status = String(headers['grpc-status'] ?? 'missing');
  if (status !== '0') {
    const words = visible(String(headers['grpc-message'] ?? '').slice(0, 200));
    const named = STATUS[status] ?? `gRPC status ${status}`;
    const failure = words === '' ? named : `${named} (${words})`;
    return { failure, away: AWAY.includes(status) };
  }
  // exactly one frame, not compressed
  if (body.length < HEADER || body[0] !== 0 || body.readUInt32BE(1) !== body.length - HEADER) {
    return { failure: 'its answer is not one gRPC message' };
  }
  return { message: body.subarray(HEADER) };
}
