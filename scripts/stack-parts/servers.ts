/** How each server is called. Order, readiness and their quirks are in stack.ts. */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { programIn } from './build.ts';
import { databaseEnvironment, databaseUri } from './database.ts';
import { KEY_PASSWORD } from './keys.ts';
import { HOST, type Layout } from './layout.ts';
import type { Server } from './processes.ts';

export interface Stack {
  readonly layout: Layout;
  /** Where the built servers are. */
  readonly cache: string;
}

const TREES = ['ct', 'rekor'] as const;
export type Tree = (typeof TREES)[number];

const treeId = (layout: Layout, tree: Tree): string =>
  readFileSync(layout.path(`${tree}.tree`), 'utf8').trim();

/** `--name=value` of each. */
const flags = (values: Readonly<Record<string, string | number>>): readonly string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** Its data are kept: Rekor's search index is nowhere else. */
export function redis({ layout }: Stack): Server {
  const args = ['--bind', HOST, '--port', String(layout.port('redis')), '--dir', layout.state];
  return {
    name: 'redis',
    program: 'redis-server',
    args: [...args, '--save', '', '--appendonly', 'yes'],
  };
}

function trillian({ layout, cache }: Stack, program: string, own: readonly string[]): Server {
  const storage = {
    storage_system: 'postgresql',
    postgresql_uri: databaseUri(layout),
    quota_system: 'noop',
  };
  return {
    name: program,
    program: programIn(cache, program),
    args: [...flags(storage), '--alsologtostderr', ...own],
    env: databaseEnvironment(layout),
  };
}

export const trillianServer = (stack: Stack): Server =>
  trillian(
    stack,
    'trillian_log_server',
    flags({
      rpc_endpoint: stack.layout.address('trillianServer'),
      http_endpoint: stack.layout.address('trillianServerHttp'),
    }),
  );

/** Writes into the logs at once: a signature would wait for its usual interval. */
export const trillianSigner = (stack: Stack): Server =>
  trillian(stack, 'trillian_log_signer', [
    ...flags({
      rpc_endpoint: stack.layout.address('trillianSigner'),
      http_endpoint: stack.layout.address('trillianSignerHttp'),
      sequencer_interval: '20ms',
      batch_size: 100,
      sequencer_guard_window: '0s',
    }),
    '--force_master',
  ]);

export function ctLog({ layout, cache }: Stack): Server {
  writeFileSync(
    layout.path('ct.cfg'),
    `config {
  log_id: ${treeId(layout, 'ct')}
  prefix: "loopback"
  roots_pem_file: "${layout.path('keys', 'fulcio-root.pem')}"
  private_key: { [type.googleapis.com/keyspb.PEMKeyFile] { path: "${layout.path('keys', 'ctlog.encrypted.key')}" password: "${KEY_PASSWORD}" } }
  max_merge_delay_sec: 86400
  expected_merge_delay_sec: 120
  ext_key_usages: [ "CodeSigning" ]
}
`,
  );
  return {
    name: 'ct_server',
    program: programIn(cache, 'ct_server'),
    args: [
      ...flags({
        http_endpoint: layout.address('ctLog'),
        log_rpc_server: layout.address('trillianServer'),
        log_config: layout.path('ct.cfg'),
      }),
      '--alsologtostderr',
    ],
  };
}

/** Accepts people of one issuer and workflows of another. It dies of a socket that an earlier run left. */
export function fulcio({ layout, cache }: Stack): Server {
  const issuer = (url: string, type: string): string =>
    `  ${url}:\n    issuer-url: ${url}\n    client-id: sigstore\n    type: ${type}\n`;
  writeFileSync(
    layout.path('fulcio.yaml'),
    `oidc-issuers:\n${issuer(layout.url('issuer'), 'email')}${issuer(layout.url('workflowIssuer'), 'github-workflow')}`,
  );
  const socket = layout.path('fulcio.sock');
  rmSync(socket, { force: true });
  const key = (name: string): string => layout.path('keys', name);
  return {
    name: 'fulcio',
    program: programIn(cache, 'fulcio'),
    args: [
      'serve',
      ...flags({
        host: HOST,
        port: layout.port('fulcio'),
        'grpc-host': HOST,
        'grpc-port': layout.port('fulcioGrpc'),
        'metrics-port': layout.port('fulcioMetrics'),
        'legacy-unix-domain-socket': socket,
        ca: 'fileca',
        'fileca-cert': key('fulcio-chain.pem'),
        'fileca-key': key('fulcio.encrypted.key'),
        'fileca-key-passwd': KEY_PASSWORD,
        'ct-log-url': layout.url('ctLog', '/loopback'),
        'ct-log-public-key-path': key('ctlog.pub'),
        'config-path': layout.path('fulcio.yaml'),
      }),
    ],
  };
}

/** Without NTP monitoring, which asks servers on the internet. */
export function timestampServer({ layout, cache }: Stack): Server {
  return {
    name: 'timestamp-server',
    program: programIn(cache, 'timestamp-server'),
    args: [
      ...['serve', '--disable-ntp-monitoring'],
      ...flags({
        host: HOST,
        port: layout.port('tsa'),
        'timestamp-signer': 'file',
        'file-signer-key-path': layout.path('keys', 'tsa.key'),
        'certificate-chain-path': layout.path('keys', 'tsa-chain.pem'),
        'timestamp-signer-hash': 'sha256',
      }),
    ],
  };
}

/** Without a key file it would make a new key at every start, and all old signatures would be dead. */
export function rekor({ layout, cache }: Stack): Server {
  mkdirSync(layout.path('attestations'), { recursive: true });
  return {
    name: 'rekor-server',
    program: programIn(cache, 'rekor-server'),
    args: [
      'serve',
      ...flags({
        'rekor_server.address': HOST,
        port: layout.port('rekor'),
        'rekor_server.hostname': 'rekor.loopback.test',
        'trillian_log_server.address': HOST,
        'trillian_log_server.port': layout.port('trillianServer'),
        'trillian_log_server.tlog_id': treeId(layout, 'rekor'),
        'rekor_server.signer': layout.path('keys', 'rekor.key'),
        'search_index.storage_provider': 'redis',
        'redis_server.address': HOST,
        'redis_server.port': layout.port('redis'),
        attestation_storage_bucket: `file://${layout.path('attestations')}`,
      }),
      '--enable_attestation_storage',
    ],
  };
}

/** Its checkpoints go by its host's name, which is what clients compare with the address in a trusted root. */
export function rekorTiles({ layout, cache }: Stack): Server {
  mkdirSync(layout.path('tiles'), { recursive: true });
  return {
    name: 'rekor-server-posix',
    program: programIn(cache, 'rekor-server-posix'),
    args: [
      'serve',
      ...flags({
        'http-address': HOST,
        'http-port': layout.port('rekorV2'),
        'grpc-address': HOST,
        'grpc-port': layout.port('rekorV2Grpc'),
        'http-metrics-port': layout.port('rekorV2Metrics'),
        hostname: HOST,
        'storage-dir': layout.path('tiles'),
        'signer-filepath': layout.path('keys', 'rekor2.key'),
        'checkpoint-interval': '500ms',
        'batch-max-age': '50ms',
      }),
    ],
  };
}

/** Issuers and TUF files: the parts that are ours. */
export function web({ layout }: Stack): Server {
  const program = new URL('web.ts', import.meta.url).pathname;
  const ports = (['issuer', 'workflowIssuer', 'tuf'] as const).map((name) => layout.port(name));
  return {
    name: 'web',
    program: process.execPath,
    args: [program, layout.state, ...ports.map(String)],
  };
}
