/** Keys of the forge: real, made once a test file, found again by name. */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { latin1 } from '../../../src/core/bytes.ts';
import { Tag } from '../../../src/core/cms/der.ts';
import { encode, encodeOid } from './der.ts';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'ed25519' | 'rsa';
export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface ForgeKey {
  readonly kind: KeyKind;
  readonly spki: Uint8Array;
  readonly privateKey: KeyObject;
  /** DER ECDSA, PKCS #1 v1.5 or Ed25519. */
  readonly sign: (data: Uint8Array, hash?: Hash) => Uint8Array;
}

const CURVES = { p256: 'P-256', p384: 'P-384', p521: 'P-521' } as const;
const keys = new Map<string, ForgeKey>();

function generate(kind: KeyKind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: CURVES[kind] });
}

/** The key of that name and kind. */
export function key(name: string, kind: KeyKind = 'p256'): ForgeKey {
  const id = `${name} ${kind}`;
  const known = keys.get(id);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = generate(kind);
  const signed = new Map<string, Uint8Array>();
  const made: ForgeKey = {
    kind,
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    privateKey,
    sign: (data, hash = 'sha256') => {
      // the same data is signed once: what is forged twice is the same to the byte
      const what = `${hash} ${latin1(data)}`;
      const known = signed.get(what) ?? sign(kind === 'ed25519' ? null : hash, data, privateKey);
      signed.set(what, known);
      return new Uint8Array(known);
    },
  };
  keys.set(id, made);
  return made;
}

const NULL = Uint8Array.of(Tag.null, 0);
const ECDSA = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const RSA = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const DIGEST = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** AlgorithmIdentifier of a signature by a key of that kind. */
export function signatureAlgorithm(kind: KeyKind, hash: Hash): Uint8Array {
  if (kind === 'ed25519') return encode(Tag.sequence, encodeOid('1.3.101.112'));
  return kind === 'rsa'
    ? encode(Tag.sequence, encodeOid(RSA[hash]), NULL)
    : encode(Tag.sequence, encodeOid(ECDSA[hash]));
}

/** AlgorithmIdentifier of a digest, parameters absent. */
export function digestAlgorithm(hash: Hash): Uint8Array {
  return encode(Tag.sequence, encodeOid(DIGEST[hash]));
}
