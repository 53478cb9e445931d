/**
 * What Fulcio makes: a ten-minute leaf that binds a key to an identity, with the CT log's promise inside.
 * Shape of Fulcio 1.8: empty subject, critical SAN, issuer extensions 1.3.6.1.4.1.57264.1.N, ecdsa-with-SHA384.
 */

import { createPublicKey, type KeyObject } from 'node:crypto';
import {
  type CertificateAuthority,
  type Extension,
  encodeName,
  encodeTbs,
  extension,
  newSerial,
  type SubjectAltName,
  signTbs,
} from './certificates.ts';
import { type CtLog, sctList } from './ctlog.ts';
import { octetString, utf8String } from './der-writer.ts';
import { spkiOf } from './signed-note.ts';

const FULCIO_ARC = '1.3.6.1.4.1.57264.1';
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2';

/** Who a certificate is for, as the identity token says. */
export interface Principal {
  readonly san: SubjectAltName;
  /** What the proof of possession is made over: the e-mail address, else the subject. */
  readonly challenge: string;
  readonly issuer: string;
  /** Fulcio extensions beside the issuer, by last arc; 2 to 6 are raw text, the others UTF8String. */
  readonly extensions: Readonly<Record<number, string>>;
}

/** How a leaf may differ from Fulcio's, for tests of what a verifier must refuse. */
export interface LeafVariations {
  readonly serial?: Uint8Array;
  readonly sans?: readonly SubjectAltName[];
  /** Replaces the finished list of extensions, before the SCT is made over it. */
  readonly extensions?: (usual: readonly Extension[]) => readonly Extension[];
  /** Replaces the SCTs; an empty list leaves the extension out. */
  readonly scts?: (usual: () => Buffer, tbs: Uint8Array) => readonly Uint8Array[];
  /** Signs with this authority instead of the intermediate. */
  readonly authority?: CertificateAuthority;
}

export interface LeafRequest {
  readonly principal: Principal;
  readonly spki: Uint8Array;
  /** Unix milliseconds: notBefore, and the time in the SCT. */
  readonly at: number;
  readonly lifetimeSeconds: number;
  readonly variations?: LeafVariations;
}

/** Arcs 1 to 6 hold bare text, as they did before anyone thought of DER; from 8 on it is a UTF8String. */
export function fulcioExtension(arc: number, value: string): Extension {
  return { oid: `${FULCIO_ARC}.${arc}`, value: arc < 7 ? Buffer.from(value) : utf8String(value) };
}

function usualExtensions(request: LeafRequest, authoritySpki: Uint8Array): Extension[] {
  const { principal, spki, variations } = request;
  const arcs = Object.entries({
    ...principal.extensions,
    1: principal.issuer,
    8: principal.issuer,
  });
  return [
    extension.keyUsage(0),
    extension.extendedKeyUsage('codeSigning'),
    extension.subjectKey(spki),
    extension.authorityKey(authoritySpki),
    extension.subjectAltName(variations?.sans ?? [principal.san]),
    ...arcs.map(([arc, value]) => fulcioExtension(Number(arc), value)),
  ];
}

export interface LeafIssuer {
  readonly authority: CertificateAuthority;
  readonly ctLog: CtLog;
}

const publicOf = new WeakMap<KeyObject, KeyObject>();

/** The public half, worked out once a key: deriving it costs as much as a signature. */
function publicHalf(privateKey: KeyObject): KeyObject {
  const known = publicOf.get(privateKey);
  if (known !== undefined) return known;
  const key = createPublicKey(privateKey);
  publicOf.set(privateKey, key);
  return key;
}

/** Issues and logs a leaf; gives its DER. */
export function issueLeaf({ authority: usual, ctLog }: LeafIssuer, request: LeafRequest): Buffer {
  const { variations } = request;
  const authority = variations?.authority ?? usual;
  const issuer = publicHalf(authority.key);
  const notBefore = Math.floor(request.at / 1000);
  const standard = usualExtensions(request, spkiOf(issuer));
  const extensions = variations?.extensions?.(standard) ?? standard;
  const fields = {
    serial: variations?.serial ?? newSerial(),
    issuer: encodeName(authority.name),
    subject: encodeName(undefined),
    notBefore,
    notAfter: notBefore + request.lifetimeSeconds,
    spki: request.spki,
  };
  const preTbs = encodeTbs({ ...fields, extensions }, authority.key);
  const logged = () => ctLog.addPreCertificate(preTbs, issuer, request.at);
  const scts = variations?.scts === undefined ? [logged()] : variations.scts(logged, preTbs);
  if (scts.length === 0) return signTbs(preTbs, authority.key);
  const list: Extension = { oid: SCT_LIST, value: octetString(sctList(...scts)) };
  return signTbs(
    encodeTbs({ ...fields, extensions: [...extensions, list] }, authority.key),
    authority.key,
  );
}
