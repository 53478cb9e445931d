/**
 * What the issuer answers to the sandbox's owner alone, who knows its secret (`Authorization: Bearer`):
 * POST /sandbox/token mints an identity token, GET /sandbox/status says which process this is.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mintToken, type TokenClaims, type TokenIssuer } from './oidc/identity-token.ts';

const BODY_LIMIT = 16 * 1024;

export interface OwnerOptions {
  readonly tokens: TokenIssuer;
  readonly tokenSecret: string;
}

/** A small body as text. @throws RangeError beyond 16 KiB */
export async function readText(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > BODY_LIMIT) throw new RangeError('request body too large');
  }
  return body;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function reply(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function mint(options: OwnerOptions, request: IncomingMessage): Promise<string | undefined> {
  try {
    const claims = JSON.parse((await readText(request)) || '{}') as TokenClaims;
    return await mintToken(options.tokens, claims);
  } catch {
    return undefined;
  }
}

/** Answers one request. Never throws. */
export async function answerOwner(
  options: OwnerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = digest(request.headers.authorization ?? '');
  if (!timingSafeEqual(given, digest(`Bearer ${options.tokenSecret}`))) {
    return reply(response, 401, { error: 'the sandbox secret is needed' });
  }
  switch (`${request.method} ${request.url}`) {
    case 'GET /sandbox/status':
      return reply(response, 200, { pid: process.pid });
    case 'POST /sandbox/token': {
      const token = await mint(options, request);
      return token === undefined
        ? reply(response, 400, { error: 'the body is not JSON of token claims' })
        : reply(response, 200, { id_token: token });
    }
    default:
      return reply(response, 404, { error: 'not found' });
  }
}
