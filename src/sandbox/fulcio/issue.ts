/**
 * What Fulcio makes: a ten-minute leaf that binds a key to an identity, with the CT log's promise inside.
 * Shape of Fulcio 1.8: empty subject, critical SAN, issuer extensions 1.3.6.1.4.1.57264.1.N, ecdsa-with-SHA384.
 */

import { OctetString, Utf8String } from 'asn1js';
import type { Extension } from 'pkijs';
import type { CertificateAuthority } from './certificates.ts';
import { type CtLog, sctList } from './ctlog.ts';
import {
  beginLeaf,
  extension,
  type IssuedName,
  leafKeyIdentifiers,
  SIGNS_CODE,
  subjectAltName,
} from './leaf.ts';

const FULCIO_ARC = '1.3.6.1.4.1.57264.1';
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';

/** Who a certificate is for, as the identity token says. */
export interface Principal {
  readonly san: IssuedName;
  /** What the proof of possession is made over: the e-mail address, else the subject. */
  readonly challenge: string;
  readonly issuer: string;
  /** Fulcio extensions beside the issuer, by last arc: 2 to 6 are raw text, the others UTF8String. */
  readonly extensions: Readonly<Record<number, string>>;
}

/** How a leaf may differ from Fulcio's, for tests of what a verifier must refuse. */
export interface LeafVariations {
  /** Replaces the finished list of extensions, before the SCT is made over it. */
  readonly extensions?: ((usual: readonly Extension[]) => readonly Extension[]) | undefined;
  /** Replaces the SCTs. An empty list leaves the extension out. */
  readonly scts?: (usual: () => Buffer, tbs: Uint8Array) => readonly Uint8Array[];
}

export interface LeafRequest {
  readonly principal: Principal;
  readonly spki: Uint8Array;
  /** Unix milliseconds: notBefore, and the time in the SCT. */
  readonly at: number;
  readonly lifetimeSeconds: number;
  readonly variations?: LeafVariations;
}

/** Arcs 1 to 6 hold bare text, because they are older than Fulcio's use of DER. From 8 on it is a UTF8String. */
function fulcioExtension([arc, value]: readonly [arc: string, value: string]): Extension {
  const bytes =
    Number(arc) < 7 ? Buffer.from(value) : Buffer.from(new Utf8String({ value }).toBER());
  return extension(`${FULCIO_ARC}.${arc}`, false, bytes);
}

function usualExtensions(
  { principal, spki }: LeafRequest,
  { publicKey }: CertificateAuthority,
): readonly Extension[] {
  const { issuer, extensions } = principal;
  const arcs = Object.entries({ ...extensions, 1: issuer, 8: issuer });
  return [
    ...SIGNS_CODE,
    ...leafKeyIdentifiers(spki, publicKey),
    subjectAltName([principal.san]),
    ...arcs.map(fulcioExtension),
  ];
}

export interface LeafIssuer {
  readonly authority: CertificateAuthority;
  readonly ctLog: CtLog;
}

/**
 * Issues and logs a leaf. Returns its DER. The precertificate is the certificate without its list of SCTs: what the
 * log promises is over exactly that (RFC 6962 §3.2), so the two differ in this extension alone.
 */
export function issueLeaf({ authority, ctLog }: LeafIssuer, request: LeafRequest): Buffer {
  const { variations, spki, at } = request;
  const notBefore = Math.floor(at / 1000);
  const notAfter = notBefore + request.lifetimeSeconds;
  const usual = usualExtensions(request, authority);
  const extensions = variations?.extensions?.(usual) ?? usual;
  const leaf = beginLeaf(authority, { spki, notBefore, notAfter, extensions });
  const tbs = leaf.tbs();
  const logged = () => ctLog.addPreCertificate(tbs, authority.publicKey, at);
  const scts = variations?.scts === undefined ? [logged()] : variations.scts(logged, tbs);
  if (scts.length === 0) return leaf.issue();
  const value = new OctetString({ valueHex: sctList(...scts) });
  return leaf.issue(extension(SCT_LIST, false, Buffer.from(value.toBER())));
}
