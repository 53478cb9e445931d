/**
 * Loads the TLS authorities: those built into the runtime, those of the system (or SSL_CERT_FILE and SSL_CERT_DIR, as in
 * OpenSSL and Go), NODE_EXTRA_CA_CERTS, and `signet.caFile`. Runtimes read different ones by themselves, so this file
 * reads all of them. They are not the trust root, and no verdict depends on them.
 */

import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';

export interface Authorities {
  readonly context: SecureContext;
  /** The sources, for messages: `built in`, a path, `signet.caFile`. */
  readonly sources: readonly string[];
}

/** The files in which Linux distributions keep all authorities. */
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
  readonly certificates: readonly string[];
}

/** Loads all authorities. `caFile` is a path. @throws ConfigError if it holds no certificate */
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
  const ca = withoutDoubles([...tls.rootCertificates], found).join('\n');
  const sources = ['built in', ...new Set(found.map(({ source }) => source))];
  return { context: tls.createSecureContext({ ca }), sources };
}

/** Most of the system's certificates are built in already, and parsing each takes time. */
function withoutDoubles(builtIn: readonly string[], found: readonly Found[]): readonly string[] {
  const bare = (pem: string): string => pem.replaceAll(/\s/g, '');
  const known = new Set(builtIn.map(bare));
  const more = found.flatMap(({ certificates }) => certificates);
  return [...builtIn, ...more.filter((pem) => !known.has(bare(pem)) && isCertificate(pem))];
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
    return found.filter((each) => each !== undefined);
  }
  if (process.platform !== 'linux') {
    const list = tls.getCACertificates?.('system') ?? [];
    return list.length === 0 ? [] : [{ source: 'the system', certificates: list }];
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
  if (found === undefined || !found.certificates.every(isCertificate))
    throw new ConfigError(`signet.caFile: ${path} holds no certificate that can be read`, {
      hint: 'the file must hold the certificates of authorities in PEM',
    });
  return { ...found, source: `${path} (signet.caFile)` };
}

/** A file that cannot be read is ignored, as other programs do that know these variables. */
async function fromFile(path: string): Promise<Found | undefined> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const certificates = text.length > MAX_FILE ? [] : (text.match(CERTIFICATE) ?? []);
  return certificates.length === 0 ? undefined : { source: path, certificates };
}

async function fromFolder(folder: string): Promise<Found | undefined> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /\.(?:pem|crt|cer|\d+)$/i.test(name));
  const found = await Promise.all(files.map((name) => fromFile(join(folder, name))));
  const certificates = [...new Set(found.flatMap((each) => each?.certificates ?? []))];
  return certificates.length === 0 ? undefined : { source: folder, certificates };
}

/** One certificate that cannot be read would make TLS refuse all of them. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
