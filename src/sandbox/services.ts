/** Puts the HTTP faces of all services on their ports, and takes them off again. */

import { fulcioHandler } from './fulcio/fulcio.ts';
import type { SandboxUser } from './oidc/consent-page.ts';
import { AUDIENCE, type TokenIssuer, tokenVerifier } from './oidc/identity-token.ts';
import { makeIssuer } from './oidc/provider.ts';
import type { SandboxParts } from './parts.ts';
import { rekorV1Handler } from './rekor/v1-http.ts';
import {
  type Handler,
  type Intercept,
  json,
  LOOPBACK,
  listen,
  makeServer,
  type RunningService,
} from './service.ts';
import { loadKey, SERVICES, type ServiceName } from './state.ts';
import { timestampHandler } from './timestamp-authority.ts';

function handlersOf(parts: SandboxParts, tokens: TokenIssuer): Record<ServiceName, Handler> {
  return {
    issuer: () => json(503, { error: 'temporarily_unavailable' }),
    fulcio: fulcioHandler({
      authority: parts.fulcio.intermediate,
      ctLog: parts.ctLog,
      chain: parts.fulcio.chain,
      issuer: tokens.url,
      audience: AUDIENCE,
      verifyToken: tokenVerifier(tokens),
      lifetimeSeconds: parts.certificateLifetimeSeconds,
      clock: parts.clock,
    }),
    ctLog: parts.ctLog.handler,
    rekor: rekorV1Handler(parts.rekor, parts.clock),
    rekorV2: parts.rekorV2.handler,
    tsa: timestampHandler(parts.tsa, parts.clock),
  };
}

export interface ServicesOptions {
  readonly dir: string;
  readonly parts: SandboxParts;
  readonly users: readonly SandboxUser[];
  /** The issuer answers for the person. */
  readonly autoApprove: boolean;
  readonly tokenSecret: string;
  /** The port of a service, or 0 for any. */
  readonly port: (name: ServiceName) => number;
  readonly intercept: () => Intercept | undefined;
  readonly count: (name: ServiceName) => void;
}

export interface SandboxServices {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly ports: Readonly<Partial<Record<ServiceName, number>>>;
  readonly tokens: TokenIssuer;
  readonly close: () => Promise<void>;
}

/** Starts all of them, or none. @throws ConfigError when a port is taken */
export async function startServices(options: ServicesOptions): Promise<SandboxServices> {
  const { parts, users, autoApprove, tokenSecret } = options;
  const running = new Map<ServiceName, RunningService>();
  const url = (name: ServiceName, path = ''): string =>
    `http://${LOOPBACK}:${running.get(name)?.port ?? 0}${path}`;
  const keys = loadKey(options.dir, 'issuer', 'rsa');
  const tokens: TokenIssuer = { ...keys, url: () => url('issuer'), clock: parts.clock };
  const handlers = handlersOf(parts, tokens);
  let listener: Awaited<ReturnType<typeof makeIssuer>> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([...running.values()].map((service) => service.close()));
  };
  try {
    for (const name of SERVICES) {
      const server = makeServer(() => ({
        name,
        handler: handlers[name],
        ...(name === 'issuer' && listener !== undefined ? { listener } : {}),
        intercept: options.intercept,
        count: () => options.count(name),
      }));
      running.set(name, await listen(server, options.port(name)));
    }
    // Made last: an issuer must know its own address.
    listener = await makeIssuer({ tokens, users, autoApprove, tokenSecret });
  } catch (error) {
    await close();
    throw error;
  }
  const urls = {
    issuer: url('issuer'),
    fulcio: url('fulcio'),
    ctLog: url('ctLog'),
    rekor: url('rekor'),
    rekorV2: url('rekorV2'),
    tsa: url('tsa', '/api/v1/timestamp'),
  };
  const ports = Object.fromEntries([...running].map(([name, service]) => [name, service.port]));
  return { urls, ports, tokens, close };
}
