/**
 * What a client needs in order to use and to trust this sandbox, in the forms clients read: trusted_root.json and
 * signing configurations (sigstore protobuf-specs), both in one ClientTrustConfig, and gitsign's single PEM files.
 */

import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type AuthorityName, certificatePem } from './fulcio/certificates.ts';
import { spkiOf } from './rekor/signed-note.ts';
import { type ServiceName, writeWhole } from './state.ts';

export interface TrustFiles {
  readonly trustedRoot: string;
  /** Names Rekor v1. */
  readonly signingConfig: string;
  /** Names Rekor v2. */
  readonly signingConfigV2: string;
  readonly clientTrustConfig: string;
  readonly fulcioRoot: string;
  readonly fulcioIntermediate: string;
  /** Intermediate and root: what SIGSTORE_ROOT_FILE takes. */
  readonly fulcioChain: string;
  readonly rekorPublicKey: string;
  readonly rekorV2PublicKey: string;
  readonly ctLogPublicKey: string;
  /** Leaf and root. */
  readonly tsaChain: string;
}

export interface TrustSources {
  readonly urls: Readonly<Record<ServiceName, string>>;
  readonly fulcio: { readonly subject: AuthorityName; readonly chain: readonly Uint8Array[] };
  readonly tsa: { readonly subject: AuthorityName; readonly chain: readonly Uint8Array[] };
  readonly ctLog: { readonly id: Uint8Array; readonly publicKey: KeyObject };
  readonly rekor: { readonly logId: Uint8Array; readonly publicKey: KeyObject };
  readonly rekorV2: { readonly logId: Uint8Array; readonly publicKey: KeyObject };
}

const VALID = { start: '2020-01-01T00:00:00Z' };
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

function log(baseUrl: string, id: Uint8Array, key: KeyObject): Record<string, unknown> {
  const keyDetails =
    key.asymmetricKeyType === 'ed25519' ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256';
  return {
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: base64(spkiOf(key)), keyDetails, validFor: VALID },
    logId: { keyId: base64(id) },
  };
}

function authority(
  uri: string,
  subject: AuthorityName,
  chain: readonly Uint8Array[],
): Record<string, unknown> {
  const { organization, commonName } = subject;
  const certificates = chain.map((der) => ({ rawBytes: base64(der) }));
  return {
    subject: { organization, commonName },
    uri,
    certChain: { certificates },
    validFor: VALID,
  };
}

function trustedRoot({
  urls,
  fulcio,
  tsa,
  ctLog,
  rekor,
  rekorV2,
}: TrustSources): Record<string, unknown> {
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      log(urls.rekor, rekor.logId, rekor.publicKey),
      log(urls.rekorV2, rekorV2.logId, rekorV2.publicKey),
    ],
    certificateAuthorities: [authority(urls.fulcio, fulcio.subject, fulcio.chain)],
    ctlogs: [log(urls.ctLog, ctLog.id, ctLog.publicKey)],
    timestampAuthorities: [authority(urls.tsa, tsa.subject, tsa.chain)],
  };
}

function signingConfig(urls: TrustSources['urls'], rekorVersion: 1 | 2): Record<string, unknown> {
  const service = (url: string, majorApiVersion: number) => ({
    url,
    majorApiVersion,
    validFor: VALID,
    operator: 'git-signet sandbox',
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(urls.fulcio, 1)],
    oidcUrls: [service(urls.issuer, 1)],
    rekorTlogUrls: [service(rekorVersion === 1 ? urls.rekor : urls.rekorV2, rekorVersion)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service(urls.tsa, 1)],
    tsaConfig: { selector: 'ANY' },
  };
}

/** Writes all files into `dir` and returns their paths. */
export function writeTrustFiles(dir: string, sources: TrustSources): TrustFiles {
  const write = (name: string, content: string): string => {
    const path = join(dir, name);
    writeWhole(path, content);
    return path;
  };
  const json = (name: string, value: unknown): string =>
    write(name, `${JSON.stringify(value, null, 1)}\n`);
  const pem = (name: string, ...certificates: readonly Uint8Array[]): string =>
    write(name, certificates.map(certificatePem).join(''));
  const key = (name: string, value: KeyObject): string =>
    write(name, value.export({ type: 'spki', format: 'pem' }).toString());
  const root = trustedRoot(sources);
  const config = signingConfig(sources.urls, 1);
  const [intermediate, fulcioRoot] = sources.fulcio.chain;
  return {
    trustedRoot: json('trusted_root.json', root),
    signingConfig: json('signing_config.json', config),
    signingConfigV2: json('signing_config_rekor_v2.json', signingConfig(sources.urls, 2)),
    clientTrustConfig: json('client_trust_config.json', {
      mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
      trustedRoot: root,
      signingConfig: config,
    }),
    fulcioRoot: pem('fulcio-root.pem', fulcioRoot ?? Buffer.alloc(0)),
    fulcioIntermediate: pem('fulcio-intermediate.pem', intermediate ?? Buffer.alloc(0)),
    fulcioChain: pem('fulcio-chain.pem', ...sources.fulcio.chain),
    rekorPublicKey: key('rekor.pub', sources.rekor.publicKey),
    rekorV2PublicKey: key('rekor2.pub', sources.rekorV2.publicKey),
    ctLogPublicKey: key('ctlog.pub', sources.ctLog.publicKey),
    tsaChain: pem('tsa-chain.pem', ...sources.tsa.chain),
  };
}
