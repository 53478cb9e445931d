/**
 * Reads the signer in a Fulcio certificate: its one subject alternative name, and the OpenID Connect issuer that vouched
 * for it (https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md).
 */

import { fromUtf8 } from '../bytes.ts';
import {
  children,
  contextConstructed,
  cursor,
  DerError,
  type DerNode,
  expectDer,
  readOid,
  Tag,
} from '../cms/der.ts';
import type { IdentityKind } from '../identity-kind.ts';
import { Refusal, type Signer } from '../verdict.ts';
import { type Certificate, ExtensionOid } from './certificate.ts';

const FULCIO = '1.3.6.1.4.1.57264.1.';
const USER_NAME = '1.3.6.1.4.1.57264.1.7';
/** Extensions .1 to .6 hold raw text. Later ones hold a DER UTF8String. */
const LAST_RAW_ARC = 6;

export interface SubjectAltName {
  readonly kind: IdentityKind;
  readonly value: string;
}

const KINDS: Readonly<Record<number, IdentityKind>> = {
  129: 'email',
  130: 'dns',
  134: 'uri',
  135: 'ip',
};

function text(bytes: Uint8Array): string {
  const value = fromUtf8(bytes);
  if (value === undefined) throw new DerError('text that is not UTF-8');
  return value;
}

function otherName(node: DerNode): string {
  const fields = cursor(node, 2);
  const type = readOid(fields.next(Tag.oid));
  const value = cursor(fields.next(contextConstructed(0)), 1).any();
  if (type !== USER_NAME || value.tag !== Tag.utf8String)
    throw new DerError(`other name of type ${type}`);
  return text(value.content);
}

/** Reads all subject alternative names (RFC 5280 §4.2.1.6). @throws DerError for kinds that Fulcio does not issue */
export function subjectAltNames(certificate: Certificate): readonly SubjectAltName[] {
  const extension = certificate.extensions.get(ExtensionOid.subjectAltName);
  if (extension === undefined) return [];
  return children(expectDer(extension.value, Tag.sequence)).map((name) => {
    if (name.tag === contextConstructed(0)) return { kind: 'otherName', value: otherName(name) };
    const kind = KINDS[name.tag];
    if (kind === undefined) throw new DerError(`general name of tag ${name.tag}`);
    return { kind, value: kind === 'ip' ? name.content.join('.') : text(name.content) };
  });
}

/** Reads Fulcio's extensions by last arc, as text. @throws DerError if one that must be a string is not */
export function fulcioExtensions(certificate: Certificate): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [oid, { value }] of certificate.extensions) {
    if (!oid.startsWith(FULCIO)) continue;
    const arc = oid.slice(FULCIO.length);
    if (!/^[0-9]+$/.test(arc)) continue;
    found[arc] =
      Number(arc) <= LAST_RAW_ARC ? text(value) : text(expectDer(value, Tag.utf8String).content);
  }
  return found;
}

/** Returns true if the certificate names an OpenID Connect issuer, as every certificate of Fulcio does. */
export function isFulcioCertificate(certificate: Certificate): boolean {
  return certificate.extensions.has(`${FULCIO}1`) || certificate.extensions.has(`${FULCIO}8`);
}

/**
 * Returns the one identity of a certificate. It must have exactly one name. If it names its issuer in two forms, both must
 * be the same.
 * @throws Refusal `identity-ambiguous`, `certificate-malformed`
 */
export function signerOf(certificate: Certificate): Signer {
  try {
    const names = subjectAltNames(certificate);
    const [name] = names;
    if (names.length !== 1 || name === undefined || name.value === '') {
      throw new Refusal(
        'identity-ambiguous',
        `the certificate has ${names.length} names instead of one`,
      );
    }
    const extensions = fulcioExtensions(certificate);
    const { 1: oldForm, 8: newForm } = extensions;
    const issuer = newForm ?? oldForm;
    if (issuer === undefined || issuer === '') {
      throw new Refusal('identity-ambiguous', 'the certificate names no OpenID Connect issuer');
    }
    if (oldForm !== undefined && newForm !== undefined && oldForm !== newForm) {
      throw new Refusal('identity-ambiguous', 'the certificate names two OpenID Connect issuers');
    }
    return { ...name, issuer, extensions };
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('certificate-malformed', error.message);
    throw error;
  }
}
