/** Signed certificate timestamps (RFC 6962 §3.2–3.3) over a precertificate, by a log of the test's choice. */

import { concat } from '../../../src/core/bytes.ts';
import { Tag } from '../../../src/core/cms/der.ts';
import { digest } from './cms.ts';
import { encode } from './der.ts';
import type { ForgeKey } from './keys.ts';
import { type CertificateSpec, type ExtensionSpec, Oid, toBeSigned } from './x509.ts';

export interface SctSpec {
  readonly key: ForgeKey;
  /** 32 octets. */
  readonly logId: Uint8Array;
  /** Milliseconds. */
  readonly timestamp: number;
  readonly extensions: Uint8Array;
  readonly version: number;
  /** SPKI whose hash is signed as the issuer's. */
  readonly issuerSpki: Uint8Array;
  readonly algorithms: readonly [hash: number, signature: number];
  readonly tamper: (signature: Uint8Array) => Uint8Array;
}

function big(value: number, size: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out.subarray(8 - size);
}

/** One SerializedSCT, its own length not before it. */
export function sct(spec: SctSpec, precertificate: CertificateSpec): Uint8Array {
  const tbs = toBeSigned(precertificate);
  const signed = concat(
    Uint8Array.of(0, 0),
    big(spec.timestamp, 8),
    Uint8Array.of(0, 1),
    digest('sha256', spec.issuerSpki),
    big(tbs.length, 3),
    tbs,
    big(spec.extensions.length, 2),
    spec.extensions,
  );
  const signature = spec.tamper(spec.key.sign(signed));
  return concat(
    Uint8Array.of(spec.version),
    spec.logId,
    big(spec.timestamp, 8),
    big(spec.extensions.length, 2),
    spec.extensions,
    Uint8Array.of(...spec.algorithms),
    big(signature.length, 2),
    signature,
  );
}

/** The extension that holds them. */
export function sctList(scts: readonly Uint8Array[]): ExtensionSpec {
  const list = concat(...scts.flatMap((one) => [big(one.length, 2), one]));
  return { oid: Oid.sctList, value: encode(Tag.octetString, concat(big(list.length, 2), list)) };
}
