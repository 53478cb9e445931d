/** The allow-list of algorithms and public keys that the core verifies with (RFC 5480, RFC 5758, RFC 8410, RFC 4055). */

import { toHex } from '../bytes.ts';
import {
  cursor,
  DerError,
  type DerNode,
  expect,
  expectDer,
  readBitString,
  readOid,
  Tag,
} from '../cms/der.ts';
import type { HashAlgorithm, PublicKey } from '../crypto.ts';

const CURVES: Readonly<Record<string, { kind: 'p256' | 'p384' | 'p521'; point: number }>> = {
  '1.2.840.10045.3.1.7': { kind: 'p256', point: 65 },
  '1.3.132.0.34': { kind: 'p384', point: 97 },
  '1.3.132.0.35': { kind: 'p521', point: 133 },
};
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const RSA = '1.2.840.113549.1.1.1';
const ED25519 = '1.3.101.112';

const DIGESTS: Readonly<Record<string, HashAlgorithm>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export type KeyFamily = 'ec' | 'rsa' | 'ed25519';

/** Signature algorithms with their hash and key family. */
const SIGNATURES: Readonly<Record<string, { hash: HashAlgorithm; key: KeyFamily }>> = {
  '1.2.840.10045.4.3.2': { hash: 'sha256', key: 'ec' },
  '1.2.840.10045.4.3.3': { hash: 'sha384', key: 'ec' },
  '1.2.840.10045.4.3.4': { hash: 'sha512', key: 'ec' },
  '1.2.840.113549.1.1.11': { hash: 'sha256', key: 'rsa' },
  '1.2.840.113549.1.1.12': { hash: 'sha384', key: 'rsa' },
  '1.2.840.113549.1.1.13': { hash: 'sha512', key: 'rsa' },
  [ED25519]: { hash: 'sha512', key: 'ed25519' },
};

interface Algorithm {
  readonly oid: string;
  readonly parameters: DerNode | undefined;
}

/** Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2). @throws DerError */
export function readAlgorithm(node: DerNode): Algorithm {
  const fields = cursor(expect(node, Tag.sequence), 2);
  const oid = readOid(fields.next(Tag.oid));
  const parameters = node.content.length > oidLength(node) ? fields.any() : undefined;
  fields.end();
  return { oid, parameters };
}

function oidLength(node: DerNode): number {
  return 2 + (node.content[1] ?? 0);
}

function absentOrNull(parameters: DerNode | undefined): boolean {
  return (
    parameters === undefined || (parameters.tag === Tag.null && parameters.content.length === 0)
  );
}

/** Reads a SHA-2 digest algorithm with parameters absent or NULL (RFC 5754 §2). Returns undefined for all others. @throws DerError */
export function readDigestAlgorithm(node: DerNode): HashAlgorithm | undefined {
  const { oid, parameters } = readAlgorithm(node);
  return absentOrNull(parameters) ? DIGESTS[oid] : undefined;
}

/**
 * Returns the hash of a signature algorithm on the allow-list, or undefined for all others and for another kind of key.
 * @throws DerError
 */
export function readSignatureAlgorithm(node: DerNode, key?: PublicKey): HashAlgorithm | undefined {
  const { oid, parameters } = readAlgorithm(node);
  const found = SIGNATURES[oid];
  if (found === undefined) return undefined;
  if (key !== undefined && found.key !== familyOf(key)) return undefined;
  // parameters must be absent for ECDSA (RFC 5758 §3.2), and NULL for RSA (RFC 4055 §5)
  const odd = found.key === 'rsa' ? !absentOrNull(parameters) : parameters !== undefined;
  return odd ? undefined : found.hash;
}

/** Returns the family of a key. All curves of ECDSA are one family. */
export function familyOf({ kind }: PublicKey): KeyFamily {
  return kind === 'rsa' || kind === 'ed25519' ? kind : 'ec';
}

/** Reads a public key of a kind on the allow-list. Returns undefined for all others. @throws DerError if it is not DER */
export function readPublicKey(spki: Uint8Array): PublicKey | undefined {
  const fields = cursor(expectDer(spki, Tag.sequence), 2);
  const { oid, parameters } = readAlgorithm(fields.next(Tag.sequence));
  const bits = readBitString(fields.next(Tag.bitString));
  fields.end();
  if (oid === ED25519)
    return parameters === undefined && bits.length === 32 ? { kind: 'ed25519', spki } : undefined;
  if (oid === RSA) return absentOrNull(parameters) ? { kind: 'rsa', spki } : undefined;
  if (oid !== EC_PUBLIC_KEY || parameters?.tag !== Tag.oid) return undefined;
  const curve = CURVES[readOid(parameters)];
  return curve !== undefined && bits.length === curve.point && bits[0] === 4
    ? { kind: curve.kind, spki }
    : undefined;
}

/** Returns the 32 octets of an Ed25519 key. @throws DerError for other keys */
export function ed25519Octets(key: PublicKey): Uint8Array {
  if (key.kind !== 'ed25519')
    throw new DerError(`not an Ed25519 key: ${toHex(key.spki.subarray(0, 8))}`);
  return key.spki.subarray(-32);
}
