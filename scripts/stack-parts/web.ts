/**
 * The parts of a stack that no server brings, in one process: an OpenID Connect issuer for people and one for workflows
 * (the sandbox's, which answer for the person), and the TUF repository's files. `web.ts STATE ISSUER WORKFLOWS TUF`.
 */

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import type { TokenIssuer } from '../../src/sandbox/oidc/identity-token.ts';
import { makeIssuer } from '../../src/sandbox/oidc/provider.ts';
import { DEFAULT_USERS } from '../../src/sandbox/start.ts';
import { loadKey, loadOnce } from '../../src/sandbox/state.ts';
import { HOST } from './layout.ts';

const [state = '', ...ports] = process.argv.slice(2);
const [people = 0, workflows = 0, tuf = 0] = ports.map(Number);

async function issuer(key: string, port: number): Promise<RequestListener> {
  const tokens: TokenIssuer = {
    ...loadKey(state, key, 'rsa'),
    url: () => `http://${HOST}:${port}`,
    clock: Date.now,
  };
  // who knows it may mint tokens: the tests, and the person whose directory this is
  const tokenSecret = loadOnce(state, 'keys/token-secret', () =>
    randomBytes(24).toString('base64url'),
  );
  return makeIssuer({ tokens, users: DEFAULT_USERS, autoApprove: true, tokenSecret });
}

/** Plain names only: nothing outside the directory. */
const files: RequestListener = (request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const plain = /^(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/.test(path);
  const found = plain
    ? readFile(join(state, 'tuf', path))
    : Promise.reject(new Error('no such file'));
  found.then(
    (bytes) => response.writeHead(200).end(bytes),
    () => response.writeHead(404).end(),
  );
};

createServer(await issuer('issuer', people)).listen(people, HOST);
createServer(await issuer('workflow-issuer', workflows)).listen(workflows, HOST);
createServer(files).listen(tuf, HOST);
