/**
 * Starts a whole Sigstore in this process, on loopback: issuer, Fulcio, CT log, Rekor v1 and v2, timestamp
 * authority. Keys, logs and ports are kept in a directory, so a sandbox that starts again there is the same one.
 */

import type { SandboxUser } from './consent-page.ts';
import { type ChildOptions, childEnvironment } from './environment.ts';
import { fulcioHandler } from './fulcio.ts';
import {
  AUDIENCE,
  mintToken,
  type TokenClaims,
  type TokenIssuer,
  tokenVerifier,
} from './identity-token.ts';
import { type IssuedSignature, issueSignature, type SignatureRequest } from './issue-signature.ts';
import { makeIssuer } from './oidc-provider.ts';
import { closeParts, openParts, type SandboxParts } from './parts.ts';
import { rekorV1Handler } from './rekor-v1-http.ts';
import {
  type Handler,
  type Intercept,
  json,
  LOOPBACK,
  listen,
  makeServer,
  type RunningService,
} from './service.ts';
import {
  loadKey,
  loadSettled,
  openStateDirectory,
  SERVICES,
  type ServiceName,
  saveSettled,
} from './state.ts';
import { timestampHandler } from './timestamp-authority.ts';
import { type TrustFiles, writeTrustFiles } from './trust-files.ts';

export interface SandboxOptions {
  /** State directory; made if it is not there. */
  readonly dir: string;
  /** First of six ports in a row. Without it: those of the last run, else free ones. */
  readonly port?: number;
  /** Default 600, as Fulcio's. */
  readonly certificateLifetimeSeconds?: number;
  /** The issuer answers for the person. */
  readonly autoApprove?: boolean;
  readonly users?: readonly SandboxUser[];
  readonly intercept?: Intercept;
  /** Unix milliseconds; for certificates, logs, timestamps and minted tokens. */
  readonly clock?: () => number;
}

export interface Sandbox {
  readonly dir: string;
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly files: TrustFiles;
  /** For children that sign and verify here; the same as `environment()`. */
  readonly env: Readonly<Record<string, string>>;
  readonly environment: (options?: ChildOptions) => Record<string, string>;
  readonly mintToken: (claims?: TokenClaims) => Promise<string>;
  /** Guards POST /sandbox/token at the issuer. */
  readonly tokenSecret: string;
  /** Requests since the start, by service; counted also where an intercept answered. */
  readonly requests: Readonly<Record<ServiceName, number>>;
  /** Replaces the intercept of the options; undefined removes it. */
  readonly intercept: (hook: Intercept | undefined) => void;
  /** A signature made in this process, without HTTP: certificate, log entry, CMS. */
  readonly issueSignature: (payload: Uint8Array, request?: SignatureRequest) => IssuedSignature;
  readonly parts: SandboxParts;
  /** Ends every connection and closes the logs; safe to call twice. */
  readonly close: () => Promise<void>;
}

export const DEFAULT_USERS: readonly SandboxUser[] = [
  { email: 'alice@example.test', emailVerified: true },
  { email: 'bob@example.test', emailVerified: true },
  { email: 'eve@example.test', emailVerified: false },
];

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

async function startServices(
  options: SandboxOptions,
  parts: SandboxParts,
  context: {
    readonly requests: Record<ServiceName, number>;
    readonly hook: () => Intercept | undefined;
    readonly known: (name: ServiceName) => number;
  },
  issuerOf: (tokens: TokenIssuer) => ReturnType<typeof makeIssuer>,
): Promise<{
  readonly running: ReadonlyMap<ServiceName, RunningService>;
  readonly tokens: TokenIssuer;
}> {
  const running = new Map<ServiceName, RunningService>();
  const keys = loadKey(options.dir, 'issuer', 'rsa');
  const tokens: TokenIssuer = {
    ...keys,
    url: () => `http://${LOOPBACK}:${running.get('issuer')?.port ?? 0}`,
    clock: parts.clock,
  };
  const handlers = handlersOf(parts, tokens);
  let listener: Awaited<ReturnType<typeof makeIssuer>> | undefined;
  try {
    for (const name of SERVICES) {
      const server = makeServer(() => ({
        name,
        handler: handlers[name],
        ...(name === 'issuer' && listener !== undefined ? { listener } : {}),
        intercept: context.hook,
        count: () => {
          context.requests[name] += 1;
        },
      }));
      running.set(name, await listen(server, context.known(name)));
    }
    listener = await issuerOf(tokens);
  } catch (error) {
    await closeAll(running.values());
    throw error;
  }
  return { running, tokens };
}

async function closeAll(services: Iterable<RunningService>): Promise<void> {
  await Promise.all([...services].map((service) => service.close()));
}

function urlsOf(running: ReadonlyMap<ServiceName, RunningService>): Record<ServiceName, string> {
  const url = (name: ServiceName, path = ''): string =>
    `http://${LOOPBACK}:${running.get(name)?.port ?? 0}${path}`;
  return {
    issuer: url('issuer'),
    fulcio: url('fulcio'),
    ctLog: url('ctLog'),
    rekor: url('rekor'),
    rekorV2: url('rekorV2'),
    tsa: url('tsa', '/api/v1/timestamp'),
  };
}

function writeFiles(
  dir: string,
  urls: Record<ServiceName, string>,
  parts: SandboxParts,
): TrustFiles {
  const { fulcio, tsa, ctLog, rekor, rekorV2 } = parts;
  return writeTrustFiles(dir, {
    urls,
    fulcio: { subject: fulcio.root.name, chain: fulcio.chain },
    tsa: { subject: tsa.issuer, chain: tsa.chain },
    ctLog,
    rekor,
    rekorV2,
  });
}

/** Starts every service and writes the trust files. @throws ConfigError when a port is taken or the state is not ours */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { dir } = options;
  openStateDirectory(dir);
  const settled = loadSettled(dir);
  const parts = openParts({ ...options, treeId: settled.treeId });
  const requests: Record<ServiceName, number> = {
    issuer: 0,
    fulcio: 0,
    ctLog: 0,
    rekor: 0,
    rekorV2: 0,
    tsa: 0,
  };
  let hook = options.intercept;
  const known = (name: ServiceName): number =>
    options.port === undefined ? (settled.ports[name] ?? 0) : options.port + SERVICES.indexOf(name);
  const issuer = {
    users: options.users ?? DEFAULT_USERS,
    autoApprove: options.autoApprove ?? false,
    tokenSecret: settled.tokenSecret,
    cookieKey: settled.tokenSecret,
  };
  const { running, tokens } = await startServices(
    options,
    parts,
    { requests, hook: () => hook, known },
    (made) => makeIssuer({ ...issuer, tokens: made }),
  ).catch((error: unknown) => {
    closeParts(parts);
    throw error;
  });
  const ports = Object.fromEntries([...running].map(([name, service]) => [name, service.port]));
  saveSettled(dir, { ...settled, ports });
  const urls = urlsOf(running);
  const files = writeFiles(dir, urls, parts);
  const environment = (child?: ChildOptions) => childEnvironment(urls, files, child);
  return {
    dir,
    urls,
    files,
    env: environment(),
    environment,
    mintToken: (claims) => mintToken(tokens, claims),
    tokenSecret: settled.tokenSecret,
    requests,
    intercept: (next) => {
      hook = next;
    },
    issueSignature: (payload, request) => issueSignature(parts, urls.issuer, payload, request),
    parts,
    close: async () => {
      await closeAll(running.values());
      closeParts(parts);
    },
  };
}
