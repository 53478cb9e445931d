/** Where a stack keeps what, and where its servers listen: everything follows from one directory and one port. */

import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

export const HOST = '127.0.0.1';
export const DEFAULT_PORT_BASE = 18_800;

/** Ports in a row, from the base. */
const PORTS = [
  'reserved',
  'postgres',
  'redis',
  'trillianServer',
  'trillianServerHttp',
  'trillianSigner',
  'trillianSignerHttp',
  'ctLog',
  'issuer',
  'fulcio',
  'fulcioGrpc',
  'fulcioMetrics',
  'rekor',
  'tsa',
  'rekorV2',
  'rekorV2Grpc',
  'rekorV2Metrics',
  'tuf',
  'workflowIssuer',
] as const;
export type PortName = (typeof PORTS)[number];

/** The timestamp authority serves its metrics there, on every address, and nothing moves it (reference: its prometheus.go). */
export const TSA_METRICS_PORT = 2112;

export interface Layout {
  readonly state: string;
  /** A file or directory of the stack. */
  readonly path: (...parts: readonly string[]) => string;
  readonly port: (name: PortName) => number;
  /** `host:port`. */
  readonly address: (name: PortName) => string;
  readonly url: (name: PortName, path?: string) => string;
}

export function layoutOf(state: string, portBase: number): Layout {
  const port = (name: PortName): number => portBase + PORTS.indexOf(name);
  return {
    state,
    path: (...parts) => join(state, ...parts),
    port,
    address: (name) => `${HOST}:${port(name)}`,
    url: (name, path = '') => `http://${HOST}:${port(name)}${path}`,
  };
}

/** Not below the home directory: where root runs this, PostgreSQL runs as another user and must get there. */
export function defaultState(): string {
  return join(tmpdir(), `git-signet-stack-${userInfo().uid}`);
}

/** Where servers are kept once they are built. */
export function serverCache(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return env['GIT_SIGNET_STACK'] ?? join(cache, 'git-signet', 'stack');
}
