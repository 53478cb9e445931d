/**
 * What Fulcio makes: a ten-minute leaf that binds a key to an identity, with the CT log's promise inside.
 * Shape of Fulcio 1.8: empty subject, critical SAN, issuer extensions 1.3.6.1.4.1.57264.1.N, ecdsa-with-SHA384.
 */

import { OctetString, Utf8String } from 'asn1js';
import {
  type CertificateAuthority,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  type IssuedName,
  issueCertificate,
  issuerOf,
  KeyUsageFlags,
  KeyUsagesExtension,
  keyIdentifiers,
  subjectAltName,
  tbsOf,
} from './certificates.ts';
import { type CtLog, sctList } from './ctlog.ts';

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
  const bytes = Number(arc) < 7 ? Buffer.from(value) : new Utf8String({ value }).toBER();
  return new Extension(`${FULCIO_ARC}.${arc}`, false, bytes);
}

const SIGNS = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);
const SIGNS_CODE = new ExtendedKeyUsageExtension([ExtendedKeyUsage.codeSigning]);

async function usualExtensions(
  { principal, spki }: LeafRequest,
  { publicKey }: CertificateAuthority,
): Promise<readonly Extension[]> {
  const { issuer, extensions } = principal;
  const arcs = Object.entries({ ...extensions, 1: issuer, 8: issuer });
  return [
    SIGNS,
    SIGNS_CODE,
    ...(await keyIdentifiers(spki, publicKey)),
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
export async function issueLeaf(
  { authority, ctLog }: LeafIssuer,
  request: LeafRequest,
): Promise<Buffer> {
  const { variations, spki, at } = request;
  const notBefore = Math.floor(at / 1000);
  const notAfter = notBefore + request.lifetimeSeconds;
  const usual = await usualExtensions(request, authority);
  const extensions = variations?.extensions?.(usual) ?? usual;
  const issuer = issuerOf(authority);
  const fields = { spki, notBefore, notAfter, extensions };
  const precertificate = await issueCertificate(issuer, fields);
  const tbs = tbsOf(precertificate);
  const logged = () => ctLog.addPreCertificate(tbs, authority.publicKey, at);
  const scts = variations?.scts === undefined ? [logged()] : variations.scts(logged, tbs);
  if (scts.length === 0) return Buffer.from(precertificate.rawData);
  const value = new OctetString({ valueHex: sctList(...scts) }).toBER();
  const certificate = await issueCertificate(issuer, {
    ...fields,
    serial: precertificate.serialNumber,
    extensions: [...extensions, new Extension(SCT_LIST, false, value)],
  });
  return Buffer.from(certificate.rawData);
}
