/**
 * The sandbox's two certificate authorities, made on first use and kept: Fulcio's (P-384 root over a P-384
 * intermediate that may issue leaves for code signing only) and the timestamp authority's (P-384 root, P-256 leaf).
 */

import { X509Certificate } from 'node:crypto';
import {
  type CertificateAuthority,
  certificatePem,
  extension,
  issueAuthority,
  nameOf,
} from './certificates.ts';
import { loadKey, loadOnce } from './state.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

const KEY_CERT_SIGN = 5;
const CRL_SIGN = 6;

const derOf = (pem: string): Buffer => new X509Certificate(pem).raw;

export interface FulcioAuthority {
  readonly root: CertificateAuthority;
  readonly intermediate: CertificateAuthority;
  /** Intermediate, then root. */
  readonly chain: readonly Buffer[];
}

/** `now` is in Unix seconds. */
export function loadFulcioAuthority(dir: string, now: number): FulcioAuthority {
  const rootKeys = loadKey(dir, 'fulcio-root', 'p384');
  const keys = loadKey(dir, 'fulcio-intermediate', 'p384');
  const rootName = nameOf('sandbox-root');
  const root = derOf(
    loadOnce(dir, 'keys/fulcio-root.crt', () =>
      certificatePem(
        issueAuthority({
          commonName: rootName.commonName,
          ...rootKeys,
          extensions: [
            extension.basicConstraints(true, 1),
            extension.keyUsage(KEY_CERT_SIGN, CRL_SIGN),
          ],
          now,
        }),
      ),
    ),
  );
  const intermediate = derOf(
    loadOnce(dir, 'keys/fulcio-intermediate.crt', () =>
      certificatePem(
        issueAuthority({
          commonName: 'sandbox-intermediate',
          ...keys,
          extensions: [
            extension.basicConstraints(true, 0),
            extension.keyUsage(KEY_CERT_SIGN, CRL_SIGN),
            extension.extendedKeyUsage('codeSigning'),
          ],
          issuer: { name: rootName, ...rootKeys },
          now,
        }),
      ),
    ),
  );
  return {
    root: { name: rootName, key: rootKeys.privateKey, certificate: root },
    intermediate: {
      name: nameOf('sandbox-intermediate'),
      key: keys.privateKey,
      certificate: intermediate,
    },
    chain: [intermediate, root],
  };
}

/** `now` is in Unix seconds. */
export function loadTimestampAuthority(dir: string, now: number): TimestampAuthority {
  const rootKeys = loadKey(dir, 'tsa-root', 'p384');
  const keys = loadKey(dir, 'tsa', 'p256');
  const issuer = nameOf('sandbox-tsa-root');
  const root = derOf(
    loadOnce(dir, 'keys/tsa-root.crt', () =>
      certificatePem(
        issueAuthority({
          commonName: issuer.commonName,
          ...rootKeys,
          extensions: [
            extension.basicConstraints(true),
            extension.keyUsage(KEY_CERT_SIGN, CRL_SIGN),
          ],
          now,
        }),
      ),
    ),
  );
  const leaf = derOf(
    loadOnce(dir, 'keys/tsa.crt', () =>
      certificatePem(
        issueAuthority({
          commonName: 'sandbox-tsa',
          ...keys,
          extensions: [
            extension.basicConstraints(false),
            extension.keyUsage(0),
            extension.extendedKeyUsage('timeStamping', true),
          ],
          issuer: { name: issuer, ...rootKeys },
          now,
        }),
      ),
    ),
  );
  const serial = Buffer.from(new X509Certificate(leaf).serialNumber, 'hex');
  return {
    key: keys.privateKey,
    subject: nameOf('sandbox-tsa'),
    issuer,
    chain: [leaf, root],
    serial,
  };
}
