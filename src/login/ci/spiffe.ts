/**
 * Asks the SPIFFE Workload API (github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md) for this process's
 * token, with one call, FetchJWTSVID. An agent on this machine answers, on a Unix socket or on TCP loopback.
 */

import { isAbsolute } from 'node:path';
import { Secret } from '../../system/secret.ts';
import { type AmbientRequest, noToken, outage, patienceOf, type SourceWords } from './ambient.ts';
import { callUnary, type GrpcPlace } from './grpc.ts';
import { decodeTokenAnswer, encodeTokenRequest } from './spiffe-messages.ts';

/** The socket of gitsign and SPIRE. Any user can create a file in /tmp, so it is used only if signet.tokenProvider says so. */
const DEFAULT_SOCKET = 'unix:///tmp/spire-agent/public/api.sock';

/** Reads the two forms of the specification (SPIFFE Workload Endpoint §4), and a bare path as gitsign does. */
function placeOf(address: string, source: SourceWords): GrpcPlace {
  if (isAbsolute(address)) return { path: address };
  const path = /^unix:(?:\/\/)?(\/[^?#]*)$/.exec(address)?.[1];
  if (path !== undefined) return { path };
  const tcp = /^tcp:\/\/(127(?:\.\d{1,3}){3}|\[::1\]):(\d{1,5})$/.exec(address);
  if (tcp !== null) return { host: (tcp[1] ?? '').replace(/[[\]]/g, ''), port: Number(tcp[2]) };
  throw noToken(
    source,
    'SPIFFE_ENDPOINT_SOCKET must be unix:///PATH, or tcp:// with an address of this machine',
  );
}

export async function fetchToken({
  source,
  env,
  audience,
  settings,
}: AmbientRequest): Promise<Secret> {
  const place = placeOf(env['SPIFFE_ENDPOINT_SOCKET']?.trim() || DEFAULT_SOCKET, source);
  const answer = await callUnary({
    place,
    path: '/SpiffeWorkloadAPI/FetchJWTSVID',
    // the standard requires it, so that a program cannot be tricked into the request
    metadata: { 'workload.spiffe.io': 'true' },
    message: encodeTokenRequest(audience),
    seconds: patienceOf(settings),
  });
  if ('failure' in answer) {
    const refusal = noToken(source, answer.failure);
    throw answer.away === true ? outage(refusal.message) : refusal;
  }
  const token = decodeTokenAnswer(answer.message);
  if (token === undefined) throw noToken(source, 'its answer is not a JWTSVIDResponse');
  return new Secret(token);
}
