/**
 * What clients need in order to use this stack and to trust it: trusted root, signing configurations, gitsign's key
 * files, the TUF repository, a file for shells (`env.sh`) and one for programs (`stack.json`).
 */

import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { childEnvironment } from '../../src/sandbox/environment.ts';
import { keyDigest, noteKeyDigest } from '../../src/sandbox/rekor/signed-note.ts';
import type { ServiceName } from '../../src/sandbox/state.ts';
import { type TrustFiles, writeTrustFiles } from '../../src/sandbox/trust-files.ts';
import { HOST, type Layout } from './layout.ts';
import { publish } from './tuf.ts';

/** What `stack.json` says. */
export interface StackFile {
  readonly state: string;
  readonly urls: Readonly<Record<ServiceName | 'tuf' | 'workflowIssuer', string>>;
  readonly files: TrustFiles;
  readonly tufRoot: string;
  /** Minting tokens needs it: POST /sandbox/token at either issuer, as a bearer. */
  readonly tokenSecret: string;
  /** Directory of the servers' own tools. */
  readonly cache: string;
}

const chainOf = (path: string): readonly Uint8Array[] =>
  readFileSync(path, 'utf8')
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((pem) => pem.includes('BEGIN CERTIFICATE'))
    .map((pem) => new X509Certificate(pem).raw);

export function writeTrust(layout: Layout, cache: string): StackFile {
  const key = (name: string): string => layout.path('keys', name);
  const publicKey = (name: string): KeyObject => createPublicKey(readFileSync(key(name)));
  const [ctLog, rekor, tiles] = [
    publicKey('ctlog.pub'),
    publicKey('rekor.pub'),
    publicKey('rekor2.pub'),
  ];
  const named = (commonName: string) => ({ organization: 'loopback.test', commonName });
  const urls = {
    issuer: layout.url('issuer'),
    fulcio: layout.url('fulcio'),
    ctLog: layout.url('ctLog', '/loopback'),
    rekor: layout.url('rekor'),
    rekorV2: layout.url('rekorV2'),
    tsa: layout.url('tsa', '/api/v1/timestamp'),
  };
  const files = writeTrustFiles(layout.state, {
    urls,
    fulcio: { subject: named('fulcio-root'), chain: chainOf(key('fulcio-chain.pem')) },
    tsa: { subject: named('tsa-root'), chain: chainOf(key('tsa-chain.pem')) },
    ctLog: { id: keyDigest(ctLog), publicKey: ctLog },
    rekor: { logId: keyDigest(rekor), publicKey: rekor },
    rekorV2: { logId: noteKeyDigest(HOST, tiles), publicKey: tiles },
  });
  const text = (path: string): string => readFileSync(path, 'utf8');
  publish(layout, {
    'trusted_root.json': text(files.trustedRoot),
    'signing_config.v0.2.json': text(files.signingConfig),
    'signing_config_rekor_v2.v0.2.json': text(files.signingConfigV2),
  });
  const described: StackFile = {
    state: layout.state,
    urls: { ...urls, tuf: layout.url('tuf'), workflowIssuer: layout.url('workflowIssuer') },
    files,
    tufRoot: layout.path('tuf', 'root.json'),
    tokenSecret: text(key('token-secret')).trim(),
    cache,
  };
  writeFileSync(layout.path('stack.json'), JSON.stringify(described, undefined, 1), {
    mode: 0o600,
  });
  writeEnvironment(layout, described);
  return described;
}

/** Single quotes for the shell. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

function writeEnvironment(layout: Layout, { urls, files, tokenSecret }: StackFile): void {
  const variables = Object.entries(childEnvironment(urls, files));
  const lines = [
    '# source me: git-signet, gitsign and cosign against this stack; `mint alice@example.test` prints an identity token',
    ...variables.map(([name, value]) => `export ${name}=${quoted(value)}`),
    `export STACK_TUF=${urls.tuf} STACK_TSA=${urls.tsa} STACK_REKOR_V2=${urls.rekorV2}`,
    'mint() {',
    `  curl -fsS -H ${quoted(`Authorization: Bearer ${tokenSecret}`)} -d "{\\"email\\":\\"\${1:-alice@example.test}\\"}" ${urls.issuer}/sandbox/token |`,
    `    sed 's/.*"id_token":"\\([^"]*\\)".*/\\1/'`,
    '}',
    '',
  ];
  writeFileSync(layout.path('env.sh'), lines.join('\n'), { mode: 0o600 });
}
