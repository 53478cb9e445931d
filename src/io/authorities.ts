/**
 * Whose certificates a server's name is believed by: those built into the runtime, those of the system (SSL_CERT_FILE
 * and SSL_CERT_DIR in their place, as for OpenSSL and Go), NODE_EXTRA_CA_CERTS, and `signet.caFile`. Runtimes differ
 * in what they read by themselves, so all of it is read here. Not the trust root: no verdict rests on these.
 */

import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';
import type { Environment } from './config.ts';

export interface Authorities {
  readonly context: SecureContext;
  /** Where they come from, for messages: `built in`, a path, `signet.caFile`. */
  readonly sources: readonly string[];
}

/** Where Linux distributions keep all authorities in one file. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const MAX_FILE = 8 * 1024 * 1024;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

interface Found {
  readonly source: string;
  readonly pem: string;
}

/** @throws ConfigError when `caFile` (a path) holds no certificate */
export async function loadAuthorities(
  caFile: string | undefined,
  env: Environment,
): Promise<Authorities> {
  const tls = await import('node:tls');
  const found = [
    ...(await systemAuthorities(env, tls)),
    ...(await extraAuthorities(env.NODE_EXTRA_CA_CERTS)),
    ...(caFile === undefined ? [] : [await ownAuthorities(caFile)]),
  ];
  const ca = [...tls.rootCertificates, ...found.map(({ pem }) => pem)].join('\n');
  const sources = ['built in', ...found.map(({ source }) => source)];
  return { context: tls.createSecureContext({ ca }), sources };
}

async function systemAuthorities(
  env: Environment,
  tls: typeof import('node:tls'),
): Promise<readonly Found[]> {
  const { SSL_CERT_FILE: file = '', SSL_CERT_DIR: folders = '' } = env;
  if (file !== '' || folders !== '') {
    const directories = folders.split(delimiter).filter((folder) => folder !== '');
    const found = [
      ...(file === '' ? [] : [await fromFile(file)]),
      ...(await Promise.all(directories.map(fromFolder))),
    ];
    return found.filter((one) => one !== undefined);
  }
  if (process.platform !== 'linux') {
    const list = tls.getCACertificates?.('system') ?? [];
    return list.length === 0 ? [] : [{ source: 'the system', pem: list.join('\n') }];
  }
  for (const path of SYSTEM_FILES) {
    const found = await fromFile(path);
    if (found !== undefined) return [found];
  }
  return [];
}

async function extraAuthorities(path: string | undefined): Promise<readonly Found[]> {
  const found = path === undefined || path === '' ? undefined : await fromFile(path);
  return found === undefined ? [] : [found];
}

async function ownAuthorities(path: string): Promise<Found> {
  const found = await fromFile(path);
  if (found === undefined)
    throw new ConfigError(`signet.caFile: ${path} holds no certificate that can be read`, {
      hint: 'expected the certificates of authorities, PEM',
    });
  return { source: `${path} (signet.caFile)`, pem: found.pem };
}

/** What another program's variable names is passed over where it cannot be read, as those programs do. */
async function fromFile(path: string): Promise<Found | undefined> {
  const pem = certificatesIn(await readFile(path, 'latin1').catch(() => ''));
  return pem === '' ? undefined : { source: path, pem };
}

async function fromFolder(folder: string): Promise<Found | undefined> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /\.(?:pem|crt|cer|\d+)$/i.test(name));
  const found = await Promise.all(files.map((name) => fromFile(join(folder, name))));
  const pem = [...new Set(found.flatMap((one) => one?.pem ?? []))].join('\n');
  return pem === '' ? undefined : { source: folder, pem };
}

/** The certificates among other text; one that cannot be read would spoil all others. */
function certificatesIn(text: string): string {
  if (text.length > MAX_FILE) return '';
  return (text.match(CERTIFICATE) ?? []).filter(isCertificate).join('\n');
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
