/** The forge’s certificate authority: root, intermediate, and a leaf with its SCTs. */

import { Tag } from '../../../src/core/cms/der.ts';
import { digest } from './cms.ts';
import { encode } from './der.ts';
import { type ForgeKey, key } from './keys.ts';
import { type SctSpec, sct, sctList } from './sct.ts';
import { ISSUER, type Overrides, same, T0, YEAR } from './spec.ts';
import { type CertificateSpec, certificate, commonName, ext, general, Oid } from './x509.ts';

export const rootSpec = (): CertificateSpec => {
  const own = key('fulcio root', 'p384');
  return {
    version: 2,
    serial: Uint8Array.of(1),
    issuer: commonName('root'),
    subject: commonName('root'),
    notBefore: T0 - 5 * YEAR,
    notAfter: T0 + 5 * YEAR,
    key: own,
    signer: own,
    hash: 'sha384',
    extensions: [ext.keyUsage(0x06), ext.constraints(true, 1), ext.ski(own)],
  };
};

export const intermediateSpec = (root: CertificateSpec): CertificateSpec => {
  const own = key('fulcio intermediate', 'p384');
  return {
    ...root,
    serial: Uint8Array.of(2),
    issuer: root.subject,
    subject: commonName('intermediate'),
    notBefore: T0 - YEAR,
    notAfter: T0 + YEAR,
    key: own,
    signer: root.key,
    extensions: [
      ext.keyUsage(0x06),
      ext.eku([Oid.codeSigning]),
      ext.constraints(true, 0),
      ext.ski(own),
      ext.aki(root.key),
    ],
  };
};

const leafSpec = (issuer: CertificateSpec): CertificateSpec => {
  const own = key('signer');
  return {
    version: 2,
    serial: Uint8Array.of(0x11, 0x22),
    issuer: issuer.subject,
    subject: encode(Tag.sequence),
    notBefore: T0 - 5,
    notAfter: T0 + 595,
    key: own,
    signer: issuer.key,
    hash: 'sha384',
    extensions: [
      ext.keyUsage(0x80, 7),
      ext.eku([Oid.codeSigning]),
      ext.ski(own),
      ext.aki(issuer.key),
      ext.san(general.email('alice@forge.test')),
      ext.issuerV1(ISSUER),
      ext.issuerV2(ISSUER),
    ],
  };
};

export const ctLog = (): ForgeKey => key('ct log');
const sctBase = (issuer: CertificateSpec): SctSpec => ({
  key: ctLog(),
  logId: digest('sha256', ctLog().spki),
  timestamp: (T0 - 5) * 1000 + 123,
  extensions: new Uint8Array(),
  version: 0,
  issuerSpki: issuer.key.spki,
  algorithms: [4, 3],
  tamper: same,
});

/** The leaf with its SCTs, as the CA would give it out. */
export function issueLeaf(
  issuer: CertificateSpec,
  change: Overrides,
): { spec: CertificateSpec; der: Uint8Array } {
  const bare = (change.leaf ?? same)(leafSpec(issuer));
  const scts = (change.scts ?? ((base) => [base]))(sctBase(issuer)).map((one) => sct(one, bare));
  const list = (change.sctExtension ?? same)(sctList(scts));
  const spec = scts.length === 0 ? bare : { ...bare, extensions: [...bare.extensions, list] };
  return { spec, der: (change.leafDer ?? same)(certificate(spec)) };
}
