/** Finds entries of a trust root that this program cannot use: keys of unknown kinds, CAs with rules that it cannot process. */

import type { Crypto } from '../core/crypto.ts';
import type { TrustedAuthority, TrustMaterial } from '../core/trust/trust-material.ts';
import { ExtensionOid, readTrustedCertificate, summarize } from '../core/x509/certificate.ts';
import { unprocessedExtension } from '../core/x509/certification-path.ts';
import { nameText } from '../core/x509/distinguished-name.ts';

/** One entry that has no effect. The texts come from the file, so escape them before you print them. */
export interface LeftOutRow {
  readonly kind: string;
  /** Its address, or an empty text if it has none. */
  readonly name: string;
  /** The log id or the SHA-256 of the issuing certificate, in lower-case hex. Empty for services. */
  readonly id: string;
  readonly why: string;
}

/** Returns the reason why a listed chain cannot vouch for a certificate, or undefined if it can. */
function chainFault({ chain }: TrustedAuthority): string | undefined {
  for (const [index, certificate] of chain.map(readTrustedCertificate).entries()) {
    const name = nameText(certificate.subject);
    const oid = unprocessedExtension(certificate);
    if (oid !== undefined) {
      const what = oid === ExtensionOid.nameConstraints ? 'name constraints' : `extension ${oid}`;
      return `${name} has ${what}, and this program does not process that`;
    }
    const isRoot = index === chain.length - 1;
    if (certificate.publicKey === undefined || (!isRoot && certificate.signatureHash === undefined))
      return `${name} has a key or signature of a kind that this program does not verify`;
  }
  return undefined;
}

/** Returns the authorities whose chains can vouch for a certificate. */
export function usable(authorities: readonly TrustedAuthority[]): readonly TrustedAuthority[] {
  return authorities.filter((one) => chainFault(one) === undefined);
}

/** Returns all entries that have no effect: authorities, logs, and the given services. */
export function leftOutOf(
  trust: TrustMaterial,
  services: readonly LeftOutRow[],
  crypto: Crypto,
): readonly LeftOutRow[] {
  const authorities = (kind: string, list: readonly TrustedAuthority[]): readonly LeftOutRow[] =>
    list.flatMap((one) => {
      const why = chainFault(one);
      if (why === undefined) return [];
      const [issuer = new Uint8Array()] = one.chain;
      const { sha256 } = summarize(readTrustedCertificate(issuer), crypto);
      return [{ kind, name: one.uri, id: sha256, why }];
    });
  return [
    ...authorities('CA', trust.certificateAuthorities),
    ...trust.leftOut.map(({ kind, name, id, why }) => ({ kind, name, id, why })),
    ...authorities('TSA', trust.timestampAuthorities),
    ...services,
  ];
}
