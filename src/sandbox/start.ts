/**
 * Starts a whole Sigstore in this process, on loopback: issuer, Fulcio, CT log, Rekor v1 and v2, timestamp
 * authority. Keys, logs and ports are kept in a directory, so a sandbox that starts again there is the same one.
 */

import { type ChildOptions, childEnvironment } from './environment.ts';
import { type IssuedSignature, issueSignature, type SignatureRequest } from './issue-signature.ts';
import type { SandboxUser } from './oidc/consent-page.ts';
import { mintToken, type TokenClaims } from './oidc/identity-token.ts';
import { closeParts, openParts, type SandboxParts } from './parts.ts';
import type { Intercept } from './service.ts';
import { startServices } from './services.ts';
import {
  loadSettled,
  lockState,
  openStateDirectory,
  SERVICES,
  type ServiceName,
  saveSettled,
} from './state.ts';
import { type TrustFiles, writeTrustFiles } from './trust-files.ts';

export interface SandboxOptions {
  /** The state directory. It is made if it is missing. */
  readonly dir: string;
  /** First of six ports in a row. Without it: those of the last run, else free ones. */
  readonly port?: number | undefined;
  /** Default 600, as Fulcio's. */
  readonly certificateLifetimeSeconds?: number;
  /** The issuer answers for the person. */
  readonly autoApprove?: boolean;
  readonly users?: readonly SandboxUser[];
  readonly intercept?: Intercept;
  /** Unix milliseconds, for certificates, logs, timestamps and minted tokens. */
  readonly clock?: () => number;
}

export interface Sandbox {
  readonly dir: string;
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly files: TrustFiles;
  /** For children that sign and verify here, the same as `environment()`. */
  readonly env: Readonly<Record<string, string>>;
  readonly environment: (options?: ChildOptions) => Record<string, string>;
  readonly mintToken: (claims?: TokenClaims) => Promise<string>;
  /** Guards POST /sandbox/token at the issuer. */
  readonly tokenSecret: string;
  /** Requests since the start, by service, also those that an intercept answered. */
  readonly requests: Readonly<Record<ServiceName, number>>;
  /** Replaces the intercept of the options. Undefined removes it. */
  readonly intercept: (hook: Intercept | undefined) => void;
  /** A signature made in this process, without HTTP: certificate, log entry, CMS. */
  readonly issueSignature: (
    payload: Uint8Array,
    request?: SignatureRequest,
  ) => Promise<IssuedSignature>;
  readonly parts: SandboxParts;
  /** Ends every connection and closes the logs. Safe to call twice. */
  readonly close: () => Promise<void>;
}

export const DEFAULT_USERS: readonly SandboxUser[] = [
  { email: 'alice@example.test', emailVerified: true },
  { email: 'bob@example.test', emailVerified: true },
  { email: 'eve@example.test', emailVerified: false },
];

function writeFiles(
  dir: string,
  urls: Readonly<Record<ServiceName, string>>,
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

/** Starts every service and writes the trust files. @throws ConfigError when a port or the directory is taken */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  openStateDirectory(options.dir);
  const unlock = lockState(options.dir);
  try {
    return await startLocked(options, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function startLocked(options: SandboxOptions, unlock: () => void): Promise<Sandbox> {
  const { dir, port, users = DEFAULT_USERS, autoApprove = false } = options;
  const settled = loadSettled(dir);
  const { tokenSecret } = settled;
  const parts = await openParts({ ...options, treeId: settled.treeId });
  const requests = { issuer: 0, fulcio: 0, ctLog: 0, rekor: 0, rekorV2: 0, tsa: 0 };
  let hook = options.intercept;
  const services = await startServices({
    ...{ dir, parts, users, autoApprove, tokenSecret },
    port: (name) =>
      port === undefined ? (settled.ports[name] ?? 0) : port + SERVICES.indexOf(name),
    intercept: () => hook,
    count: (name) => {
      requests[name] += 1;
    },
  }).catch((error: unknown) => {
    closeParts(parts);
    throw error;
  });
  const { urls, ports, tokens } = services;
  saveSettled(dir, { ...settled, ports });
  const files = writeFiles(dir, urls, parts);
  const environment = (child?: ChildOptions) => childEnvironment(urls, files, child);
  return {
    ...{ dir, urls, files, environment, tokenSecret, requests, parts },
    env: environment(),
    mintToken: (claims) => mintToken(tokens, claims),
    intercept: (next) => {
      hook = next;
    },
    issueSignature: (payload, request) => issueSignature(parts, urls.issuer, payload, request),
    close: async () => {
      await services.close();
      closeParts(parts);
      unlock();
    },
  };
}
