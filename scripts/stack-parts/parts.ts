/** What a stack is made of, in the order in which it starts. */

import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { programIn, schemaIn } from './build.ts';
import { databaseAnswers, databaseServer, makeTables } from './database.ts';
import { HOST, type Layout, type PortName } from './layout.ts';
import { answers, type Server } from './processes.ts';
import * as servers from './servers.ts';

export interface Part {
  readonly name: string;
  readonly ports: readonly PortName[];
  readonly server: (stack: servers.Stack) => Server;
  readonly ready: (layout: Layout) => Promise<boolean>;
  /** To be done when it is up, before the next wave. */
  readonly after?: (stack: servers.Stack) => void;
  readonly signal?: NodeJS.Signals;
}

const url =
  (name: PortName, path: string) =>
  (layout: Layout): Promise<boolean> =>
    answers(layout.url(name, path));

/**
 * In waves: those of one wave start together. Fulcio reads its issuers when it starts. The timestamp authority and Rekor
 * both want port 2112 for metrics, and only the former dies without it, so it goes first.
 */
export const WAVES: readonly (readonly Part[])[] = [
  [
    {
      name: 'postgres',
      ports: ['postgres'],
      server: ({ layout }) => databaseServer(layout),
      ready: databaseAnswers,
      after: ({ layout, cache }) => makeTables(layout, schemaIn(cache)),
      // lets no client finish; SIGTERM would wait for them
      signal: 'SIGINT',
    },
    {
      name: 'redis',
      ports: ['redis'],
      server: servers.redis,
      ready: (layout) => listening(layout.port('redis')),
    },
    {
      name: 'web',
      ports: ['issuer', 'workflowIssuer', 'tuf'],
      server: servers.web,
      ready: url('workflowIssuer', '/.well-known/openid-configuration'),
    },
    {
      name: 'timestamp-server',
      ports: ['tsa'],
      server: servers.timestampServer,
      ready: url('tsa', '/ping'),
    },
    {
      name: 'rekor-server-posix',
      ports: ['rekorV2', 'rekorV2Grpc', 'rekorV2Metrics'],
      server: servers.rekorTiles,
      ready: url('rekorV2', '/healthz'),
    },
  ],
  [
    {
      name: 'trillian_log_server',
      ports: ['trillianServer', 'trillianServerHttp'],
      server: servers.trillianServer,
      ready: url('trillianServerHttp', '/healthz'),
      after: makeTrees,
    },
    {
      name: 'trillian_log_signer',
      ports: ['trillianSigner', 'trillianSignerHttp'],
      server: servers.trillianSigner,
      ready: url('trillianSignerHttp', '/healthz'),
    },
  ],
  [
    {
      name: 'ct_server',
      ports: ['ctLog'],
      server: servers.ctLog,
      ready: url('ctLog', '/loopback/ct/v1/get-roots'),
    },
    {
      name: 'rekor-server',
      ports: ['rekor'],
      server: servers.rekor,
      ready: url('rekor', '/api/v1/log'),
    },
    {
      name: 'fulcio',
      ports: ['fulcio', 'fulcioGrpc', 'fulcioMetrics'],
      server: servers.fulcio,
      ready: url('fulcio', '/healthz'),
    },
  ],
];
export const PARTS = WAVES.flat();

function makeTrees({ layout, cache }: servers.Stack): void {
  for (const tree of ['ct', 'rekor']) {
    const path = layout.path(`${tree}.tree`);
    if (existsSync(path)) continue;
    const id = execFileSync(
      programIn(cache, 'createtree'),
      [
        `--admin_server=${layout.address('trillianServer')}`,
        ...['--tree_type=LOG', `--display_name=${tree}`],
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 },
    );
    writeFileSync(path, id);
  }
}

/** True while something listens on a port of this machine. */
export function listening(port: number, host: string = HOST): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(true));
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => done(false)));
  });
}
