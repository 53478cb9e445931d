/**
 * The sandbox's two certificate authorities, made on first use and kept: Fulcio's (P-384 root over a P-384
 * intermediate that may issue leaves for code signing only) and the timestamp authority's (P-384 root, P-256 leaf).
 */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificate } from 'pkijs';
import {
  BasicConstraintsExtension,
  type CertificateAuthority,
  type CertificateIssuer,
  certificatePem,
  distinguishedName,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  issueCertificate,
  issuerOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  keyIdentifiers,
  signingKeyOf,
} from './fulcio/certificates.ts';
import { spkiOf } from './rekor/signed-note.ts';
import { loadKey, type StoredKeyKind, writeWhole } from './state.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

const DAY = 86_400;
const ISSUES = new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true);

interface KeptCertificate {
  /** The file's name without its ending, in the folder of keys. */
  readonly file: string;
  readonly kind: StoredKeyKind;
  readonly commonName: string;
  readonly extensions: readonly Extension[];
  /** Default self-signed. */
  readonly issuer?: CertificateAuthority | undefined;
  /** Unix seconds. */
  readonly now: number;
}

/** Issues a certificate for ten years, from a day back, so that clocks may differ. Returns PEM. */
async function issue(
  own: CertificateIssuer,
  { issuer, extensions, now }: KeptCertificate,
): Promise<string> {
  const signer = issuer === undefined ? own : issuerOf(issuer);
  const spki = spkiOf(own.publicKey);
  const { rawData } = await issueCertificate(signer, {
    subject: own.subject,
    spki,
    notBefore: now - DAY,
    notAfter: now + 3650 * DAY,
    extensions: [...extensions, ...keyIdentifiers(spki, signer.publicKey)],
  });
  return certificatePem(Buffer.from(rawData));
}

/** Loads key and certificate, and makes them on first use. */
async function load(dir: string, wanted: KeptCertificate): Promise<CertificateAuthority> {
  const { privateKey, publicKey } = loadKey(dir, wanted.file, wanted.kind);
  const name = { organization: 'git-signet sandbox', commonName: wanted.commonName };
  const signingKey = await signingKeyOf(privateKey);
  const path = join(dir, 'keys', `${wanted.file}.crt`);
  if (!existsSync(path)) {
    const own = { subject: distinguishedName(name), publicKey, signingKey };
    writeWhole(path, await issue(own, wanted));
  }
  const certificate = new X509Certificate(readFileSync(path)).raw;
  return { name, privateKey, publicKey, signingKey, certificate };
}

export interface FulcioAuthority {
  readonly root: CertificateAuthority;
  readonly intermediate: CertificateAuthority;
  /** Intermediate, then root. */
  readonly chain: readonly Buffer[];
}

/** `now` is in Unix seconds. */
export async function loadFulcioAuthority(dir: string, now: number): Promise<FulcioAuthority> {
  const root = await load(dir, {
    file: 'fulcio-root',
    kind: 'p384',
    commonName: 'sandbox-root',
    extensions: [new BasicConstraintsExtension(true, 1, true), ISSUES],
    now,
  });
  const intermediate = await load(dir, {
    file: 'fulcio-intermediate',
    kind: 'p384',
    commonName: 'sandbox-intermediate',
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      ISSUES,
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.codeSigning]),
    ],
    issuer: root,
    now,
  });
  return { root, intermediate, chain: [intermediate.certificate, root.certificate] };
}

/** `now` is in Unix seconds. */
export async function loadTimestampAuthority(
  dir: string,
  now: number,
): Promise<TimestampAuthority> {
  const root = await load(dir, {
    file: 'tsa-root',
    kind: 'p384',
    commonName: 'sandbox-tsa-root',
    extensions: [new BasicConstraintsExtension(true, undefined, true), ISSUES],
    now,
  });
  const leaf = await load(dir, {
    file: 'tsa',
    kind: 'p256',
    commonName: 'sandbox-tsa',
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.timeStamping], true),
    ],
    issuer: root,
    now,
  });
  return {
    key: loadKey(dir, 'tsa', 'p256').privateKey,
    certificate: Certificate.fromBER(leaf.certificate),
    issuer: root.name,
    chain: [leaf.certificate, root.certificate],
  };
}
