/**
 * The stack's keys and certificates, made once by openssl, in the forms that the servers insist on: ct_server reads an
 * encrypted key of the old kind only (RFC 1423), Fulcio an encrypted PKCS#8; a timestamp certificate must carry the
 * critical timeStamping usage and no other (RFC 3161 §2.3).
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Layout } from './layout.ts';

/** Protects nothing: it stands beside the key. */
export const KEY_PASSWORD = 'loopback';

const DAYS = '3650';
const AUTHORITY = 'keyUsage=critical,keyCertSign,cRLSign';

interface Authority {
  readonly name: string;
  readonly constraints: string;
}

interface Issued {
  readonly name: string;
  readonly issuer: string;
  readonly extensions: readonly string[];
}

/** Makes what is missing of keys and certificates. @throws Error with what openssl said */
export function makeKeys(layout: Layout): void {
  if (existsSync(layout.path('keys', 'complete'))) return;
  const at = (name: string): string => layout.path('keys', name);
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe', timeout: 60_000 });
  };
  const curve = (name: string, id: string): void => {
    openssl('ecparam', '-name', id, '-genkey', '-noout', '-out', at(`${name}.key`));
    openssl('pkey', '-in', at(`${name}.key`), '-pubout', '-out', at(`${name}.pub`));
  };
  const subject = (name: string): readonly string[] => ['-subj', `/O=loopback.test/CN=${name}`];
  const root = ({ name, constraints }: Authority): void => {
    curve(name, 'secp384r1');
    openssl(
      ...['req', '-x509', '-new', '-sha384', '-days', DAYS, '-key', at(`${name}.key`)],
      ...[...subject(name), '-addext', `basicConstraints=${constraints}`, '-addext', AUTHORITY],
      ...['-out', at(`${name}.pem`)],
    );
  };
  const issue = ({ name, issuer, extensions }: Issued): void => {
    const identifiers = ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid', ''];
    writeFileSync(at(`${name}.ext`), [...extensions, ...identifiers].join('\n'));
    openssl('req', '-new', '-key', at(`${name}.key`), ...subject(name), '-out', at(`${name}.csr`));
    openssl(
      ...['x509', '-req', '-sha384', '-days', DAYS, '-in', at(`${name}.csr`)],
      ...['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial'],
      ...['-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)],
    );
    const chain = [name, issuer].map((one) => readFileSync(at(`${one}.pem`), 'utf8'));
    writeFileSync(at(`${name}-chain.pem`), chain.join(''));
  };

  root({ name: 'fulcio-root', constraints: 'critical,CA:TRUE,pathlen:1' });
  curve('fulcio', 'secp384r1');
  issue({
    name: 'fulcio',
    issuer: 'fulcio-root',
    extensions: [
      'basicConstraints=critical,CA:TRUE,pathlen:0',
      AUTHORITY,
      'extendedKeyUsage=codeSigning',
    ],
  });
  openssl(
    ...['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-in', at('fulcio.key')],
    ...['-passout', `pass:${KEY_PASSWORD}`, '-out', at('fulcio.encrypted.key')],
  );

  root({ name: 'tsa-root', constraints: 'critical,CA:TRUE' });
  curve('tsa', 'prime256v1');
  issue({
    name: 'tsa',
    issuer: 'tsa-root',
    extensions: [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=critical,timeStamping',
    ],
  });

  curve('ctlog', 'prime256v1');
  openssl(
    ...['ec', '-in', at('ctlog.key'), '-aes256', '-passout', `pass:${KEY_PASSWORD}`],
    ...['-out', at('ctlog.encrypted.key')],
  );
  curve('rekor', 'prime256v1');
  openssl('genpkey', '-algorithm', 'ed25519', '-out', at('rekor2.key'));
  openssl('pkey', '-in', at('rekor2.key'), '-pubout', '-out', at('rekor2.pub'));
  writeFileSync(at('complete'), '');
}
