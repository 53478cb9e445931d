/** What a trust root lists and nothing here can use: keys of unknown kinds, CAs with rules that are not processed. */

import type { Crypto } from '../core/crypto.ts';
import type { TrustedAuthority, TrustMaterial } from '../core/trust/trust-material.ts';
import { ExtensionOid, readTrustedCertificate, summarize } from '../core/x509/certificate.ts';
import { unprocessedExtension } from '../core/x509/certification-path.ts';
import { nameText } from '../core/x509/distinguished-name.ts';

/** One entry that grants nothing. Texts are the file's: escape them before they meet a terminal. */
export interface LeftOutRow {
  readonly kind: string;
  /** Its address; empty where none is said. */
  readonly name: string;
  /** Lower-case hex of the log id, or the SHA-256 of the issuing certificate; empty for services. */
  readonly id: string;
  readonly why: string;
}

/** Why a chain vouches for nobody, though it is listed; undefined where it can. */
function chainFault({ chain }: TrustedAuthority): string | undefined {
  for (const [index, certificate] of chain.map(readTrustedCertificate).entries()) {
    const name = nameText(certificate.subject);
    const oid = unprocessedExtension(certificate);
    if (oid !== undefined) {
      const what = oid === ExtensionOid.nameConstraints ? 'name constraints' : `extension ${oid}`;
      return `${name} has ${what}, which nothing here processes`;
    }
    const isRoot = index === chain.length - 1;
    if (certificate.publicKey === undefined || (!isRoot && certificate.signatureHash === undefined))
      return `${name} has a key or signature of a kind that is not verified with here`;
  }
  return undefined;
}

/** The authorities whose chains can vouch. */
export function usable(authorities: readonly TrustedAuthority[]): readonly TrustedAuthority[] {
  return authorities.filter((one) => chainFault(one) === undefined);
}

/** All that is listed and grants nothing: authorities, logs, and the services that are given. */
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
