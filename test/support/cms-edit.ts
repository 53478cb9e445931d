/**
 * A real signature taken apart, changed in one place, and signed again by a fresh key where the attack supposes a genuine
 * signature: so that what refuses it is the rule that was broken, not merely an unknown key.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { concat } from '../../src/core/bytes.ts';
import { readArmor, writeArmor } from '../../src/core/cms/signed-data.ts';
import {
  clone,
  type Der,
  kid,
  kids,
  octets,
  oid,
  parse,
  seq,
  set,
  sort,
  write,
} from './der-edit.ts';
import { type Vector, vector } from './gitsign-vectors.ts';
import { bytes, header } from './odd-objects.ts';

/** The named parts of one CMS message; changing one changes the message. */
export interface Message {
  readonly root: Der;
  readonly signedData: Der;
  readonly digestAlgorithms: Der;
  readonly encapsulated: Der;
  readonly certificates: Der;
  readonly certificate: Der;
  readonly signerInfos: Der;
  readonly signerInfo: Der;
  readonly signedAttrs: Der;
  readonly signature: Der;
  /** Absent from online signatures. */
  readonly unsignedAttrs: Der | undefined;
}

export function open(der: Uint8Array): Message {
  const root = parse(der);
  const signedData = kid(root, 1, 0);
  const certificates = kid(signedData, 3);
  const signerInfos = kid(signedData, 4);
  const signerInfo = kid(signerInfos, 0);
  return {
    root,
    signedData,
    digestAlgorithms: kid(signedData, 1),
    encapsulated: kid(signedData, 2),
    certificates,
    certificate: kid(certificates, 0),
    signerInfos,
    signerInfo,
    signedAttrs: kid(signerInfo, 3),
    signature: kid(signerInfo, 5),
    unsignedAttrs: kids(signerInfo)[6],
  };
}

export const openVector = (file: string): Message => open(readArmor(vector(file).signature));

export type Key = Readonly<{ spki: Der; privateKey: KeyObject }>;

export function freshKey(curve: 'P-256' | 'P-384' | 'P-521' = 'P-256'): Key {
  return asKey(generateKeyPairSync('ec', { namedCurve: curve }));
}

export function asKey({
  publicKey,
  privateKey,
}: {
  publicKey: KeyObject;
  privateKey: KeyObject;
}): Key {
  return { spki: parse(publicKey.export({ type: 'spki', format: 'der' })), privateKey };
}

/** Puts another key into a certificate; its own signature is then void, which the CMS layer does not ask about. */
export function rekey(certificate: Der, key: Key): void {
  kids(kid(certificate, 0))[6] = clone(key.spki);
}

/** What is signed: the attributes as they will be written, under the tag of a SET OF (RFC 5652 §5.4). */
export function signedBytes(message: Message): Uint8Array {
  const copy = Uint8Array.from(write(message.signedAttrs));
  copy[0] = 0x31;
  return copy;
}

export function resign(
  message: Message,
  key: Key,
  hash: string | null = 'sha256',
  data = signedBytes(message),
): void {
  message.signature.content = new Uint8Array(sign(hash, data, key.privateKey));
}

/** A genuine signature over `file`'s payload by a fresh key, no log entry: what a verifier finds no fault in before the log. */
export function signedByStranger(file = 'offline/01-plain.commit'): { message: Message; key: Key } {
  const message = openVector(file);
  const key = freshKey();
  rekey(message.certificate, key);
  kids(message.signerInfo).splice(6);
  resign(message, key);
  return { message, key };
}

export const attribute = (type: string, ...values: Der[]): Der => seq(oid(type), set(...values));
export const sha256 = (data: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(data).digest());
export const digestOf = (data: Uint8Array): Der => octets(sha256(data));

/** Index of the attribute of that type. */
export function attributeAt(attributes: Der, type: string): number {
  const wanted = Buffer.from(write(oid(type)));
  return kids(attributes).findIndex((one) => wanted.equals(write(kid(one, 0))));
}

/** Replaces an attribute (or removes it) and puts the set in DER order again. */
export function replaceAttribute(attributes: Der, type: string, ...by: Der[]): void {
  kids(attributes).splice(attributeAt(attributes, type), 1, ...by);
  sort(attributes);
}

export const armorOf = (message: Message): string => writeArmor(write(message.root));

/** The vector's object with another signature in the place of its own. */
export function objectWith(armor: string, { type, payload, format }: Vector): Uint8Array {
  if (type === 'tag') return concat(payload, bytes(armor));
  const text = Buffer.from(payload).toString('latin1');
  const at = text.indexOf('\n\n') + 1;
  const name = format === 'sha256' ? 'gpgsig-sha256' : 'gpgsig';
  return bytes(text.slice(0, at) + header(name, armor) + text.slice(at));
}
