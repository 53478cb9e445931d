/** Timestamp authorities (RFC 3161): certificates and tokens, with any fault that a test asks for. */

import { Tag } from '../../../src/core/cms/der.ts';
import { attribute, digest, generalizedTime, type SignedDataSpec, signedData } from './cms.ts';
import { encode, encodeOid, encodeUnsigned } from './der.ts';
import { digestAlgorithm, type ForgeKey, type Hash, key } from './keys.ts';
import { type CertificateSpec, certificate, commonName, ext, Oid } from './x509.ts';

const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const YEAR = 365 * 86_400;

export interface Authority {
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  readonly leafSpec: CertificateSpec;
  readonly key: ForgeKey;
}

/** A TSA under a root of its own, both found again by name. */
export function authority(
  name: string,
  around: number,
  change: (leaf: CertificateSpec) => CertificateSpec = (leaf) => leaf,
): Authority {
  const rootKey = key(`${name} root`);
  const base: CertificateSpec = {
    version: 2,
    serial: Uint8Array.of(1),
    issuer: commonName(`${name}-root`),
    subject: commonName(`${name}-root`),
    notBefore: around - 5 * YEAR,
    notAfter: around + 5 * YEAR,
    key: rootKey,
    signer: rootKey,
    hash: 'sha256',
    extensions: [ext.keyUsage(0x06), ext.constraints(true, 0), ext.ski(rootKey)],
  };
  const own = key(`${name} leaf`);
  const leafSpec = change({
    ...base,
    serial: Uint8Array.of(0x2a),
    subject: commonName(name),
    notBefore: around - YEAR,
    notAfter: around + YEAR,
    key: own,
    extensions: [
      ext.keyUsage(0x80),
      ext.eku([Oid.timeStamping], true),
      ext.ski(own),
      ext.aki(rootKey),
    ],
  });
  return { root: certificate(base), leaf: certificate(leafSpec), leafSpec, key: leafSpec.key };
}

export interface TokenSpec {
  readonly authority: Authority;
  readonly time: number;
  readonly fraction: string;
  /** What the token is over. */
  readonly data: Uint8Array;
  readonly imprintHash: Hash;
  readonly hash: Hash;
  readonly nonce: Uint8Array | undefined;
  readonly version: number;
  /** More fields at the end of TSTInfo. */
  readonly more: readonly Uint8Array[];
  /** DER of the certificate that signingCertificateV2 names. */
  readonly named: Uint8Array;
  readonly message: (spec: SignedDataSpec) => SignedDataSpec;
  /** Changes TSTInfo after its digest was signed. */
  readonly info: (der: Uint8Array) => Uint8Array;
}

export function tokenSpec(
  base: Pick<TokenSpec, 'authority' | 'time' | 'data'>,
  change: Partial<TokenSpec> = {},
): TokenSpec {
  const made = {
    fraction: '',
    imprintHash: 'sha256',
    hash: 'sha256',
    nonce: Uint8Array.of(0x5a, 1, 2, 3),
    version: 1,
    more: [],
    message: (spec: SignedDataSpec) => spec,
    info: (der: Uint8Array) => der,
    ...base,
    ...change,
  } as const;
  return { named: made.authority.leaf, ...made };
}

function timestampInfo(spec: TokenSpec): Uint8Array {
  const imprint = encode(
    Tag.sequence,
    digestAlgorithm(spec.imprintHash),
    encode(Tag.octetString, digest(spec.imprintHash, spec.data)),
  );
  return encode(
    Tag.sequence,
    encodeUnsigned(Uint8Array.of(spec.version)),
    encodeOid('1.3.6.1.4.1.57264.2'),
    imprint,
    encodeUnsigned(Uint8Array.of(7)),
    generalizedTime(spec.time, spec.fraction),
    spec.nonce === undefined ? new Uint8Array() : encodeUnsigned(spec.nonce),
    ...spec.more,
  );
}

/** A TimeStampToken as the authority would sign it. */
export function token(spec: TokenSpec): Uint8Array {
  const info = timestampInfo(spec);
  const { leaf, leafSpec, key: own } = spec.authority;
  const certificateId = encode(Tag.sequence, encode(Tag.octetString, digest('sha256', spec.named)));
  return signedData(
    spec.message({
      version: 3,
      contentType: TST_INFO,
      content: spec.info(info),
      certificates: [leaf],
      issuer: leafSpec.issuer,
      serial: leafSpec.serial,
      key: own,
      hash: spec.hash,
      signedAttributes: [
        attribute('1.2.840.113549.1.9.3', encodeOid(TST_INFO)),
        attribute('1.2.840.113549.1.9.4', encode(Tag.octetString, digest(spec.hash, info))),
        attribute(
          '1.2.840.113549.1.9.16.2.47',
          encode(Tag.sequence, encode(Tag.sequence, certificateId)),
        ),
      ],
      unsignedAttributes: [],
    }),
  );
}

/** A TimeStampResp of status granted around a token. */
export const granted = (tokenDer: Uint8Array): Uint8Array =>
  encode(Tag.sequence, encode(Tag.sequence, encode(Tag.integer, Uint8Array.of(0))), tokenDer);
