/**
 * Reads trusted_root.json (dev.sigstore.trustroot.v1.TrustedRoot) as trust material. A key, id, date or certificate that
 * cannot be read is an error, never a gap in trust. A log with an unknown kind of key has no effect. It is listed as left
 * out, so that it does not make the rest of the root unusable.
 */

import { fromBase64, toHex, utf8 } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import type { Crypto, PublicKey } from '../crypto.ts';
import {
  asBytes,
  asEnum,
  asList,
  asName,
  asObject,
  asTimeRange,
  fault,
  inside,
  type Place,
  type ProtoMessage,
  parseProtoJson,
} from '../proto-json.ts';
import { familyOf, type KeyFamily, readPublicKey } from '../x509/algorithms.ts';
import { readTrustedCertificate } from '../x509/certificate.ts';
import type { LeftOut, TrustedAuthority, TrustedLog, TrustMaterial } from './trust-material.ts';

/** The kinds of keys that this program verifies with (dev.sigstore.common.v1.PublicKeyDetails), by name and number. */
const KEY_DETAILS: readonly (readonly [name: string, number: number, KeyFamily])[] = [
  ['PKIX_RSA_PKCS1V5', 3, 'rsa'],
  ['PKIX_ECDSA_P256_SHA_256', 5, 'ec'],
  ['PKIX_ED25519', 7, 'ed25519'],
  ['PKIX_RSA_PKCS1V15_2048_SHA256', 9, 'rsa'],
  ['PKIX_RSA_PKCS1V15_3072_SHA256', 10, 'rsa'],
  ['PKIX_RSA_PKCS1V15_4096_SHA256', 11, 'rsa'],
  ['PKIX_ECDSA_P384_SHA_384', 12, 'ec'],
  ['PKIX_ECDSA_P521_SHA_512', 13, 'ec'],
  ['PKIX_ECDSA_P384_SHA_256', 19, 'ec'],
  ['PKIX_ECDSA_P521_SHA_256', 20, 'ec'],
];
const FAMILIES: ReadonlyMap<string | number, KeyFamily> = new Map(
  KEY_DETAILS.flatMap(([name, number, family]) =>
    [name, number].map((key): [string | number, KeyFamily] => [key, family]),
  ),
);
const UNSPECIFIED: ReadonlySet<string | number> = new Set([0, 'PUBLIC_KEY_DETAILS_UNSPECIFIED']);
/** The hash algorithms of trees that this program computes (dev.sigstore.common.v1.HashAlgorithm): SHA-256 or unspecified. */
const TREE_HASHES: ReadonlySet<string | number> = new Set([
  ...[0, 'HASH_ALGORITHM_UNSPECIFIED'],
  ...[1, 'SHA2_256'],
]);

/** Returns the reason why an entry is left out. The rest of it is not read, because its kind decides about its form. */
function unknownKind(log: ProtoMessage, key: ProtoMessage, place: Place): string | undefined {
  const hash = asEnum(log['hashAlgorithm'], inside(place, 'hashAlgorithm'));
  if (!TREE_HASHES.has(hash))
    return `its tree is hashed with ${hash}, and this program does not compute that`;
  const details = asEnum(key['keyDetails'], inside(place, 'publicKey.keyDetails'));
  if (UNSPECIFIED.has(details) || FAMILIES.has(details)) return undefined;
  return `its key is of kind ${details}, and this program does not verify with that`;
}

/** Returns the key, or undefined if its kind is neither named nor known. */
function keyOf({ rawBytes, keyDetails }: ProtoMessage, place: Place): PublicKey | undefined {
  const spki = asBytes(rawBytes, inside(place, 'rawBytes'));
  const family = FAMILIES.get(asEnum(keyDetails, inside(place, 'keyDetails')));
  try {
    const key = readPublicKey(spki);
    if (family === undefined || (key !== undefined && familyOf(key) === family)) return key;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  const kind = family === undefined ? 'a public key' : `a public key of kind ${keyDetails}`;
  throw fault(inside(place, 'rawBytes'), kind);
}

function readLog(kind: LeftOut['kind'], value: unknown, place: Place): TrustedLog | LeftOut {
  const log = asObject(value, place);
  const keyPlace = inside(place, 'publicKey');
  const publicKey = asObject(log['publicKey'], keyPlace);
  const baseUrl = asName(log['baseUrl']);
  const idPlace = inside(place, 'logId');
  const leftOut = (why: string): LeftOut => {
    const { keyId } = (log['logId'] ?? {}) as ProtoMessage;
    const id = toHex(fromBase64(asName(keyId)) ?? new Uint8Array());
    return { kind, place: place.path, name: baseUrl, id, why };
  };
  const why = unknownKind(log, publicKey, place);
  if (why !== undefined) return leftOut(why);
  const key = keyOf(publicKey, keyPlace);
  const id = toHex(asBytes(asObject(log['logId'], idPlace)['keyId'], inside(idPlace, 'keyId')));
  const { start, ...until } = asTimeRange(publicKey['validFor'], inside(keyPlace, 'validFor'));
  if (key === undefined)
    return leftOut('its key is of a kind that this program does not verify with');
  if (start === undefined) return leftOut('it has no start of its validity (validFor.start)');
  return { id, baseUrl, key, validFor: { start, ...until } };
}

function asAuthority(value: unknown, place: Place): TrustedAuthority {
  const authority = asObject(value, place);
  const chainPlace = inside(place, 'certChain');
  const { certificates } = asObject(authority['certChain'], chainPlace);
  const chain = asList(certificates, inside(chainPlace, 'certificates'), (item, at) => {
    const der = asBytes(asObject(item, at)['rawBytes'], inside(at, 'rawBytes'));
    return certificateOf(der, at);
  });
  if (chain.length === 0) throw fault(chainPlace, 'a chain of certificates');
  const range = asTimeRange(authority['validFor'], inside(place, 'validFor'));
  return { uri: asName(authority['uri']), chain, validFor: { start: 0, ...range } };
}

function certificateOf(der: Uint8Array, place: Place): Uint8Array {
  try {
    readTrustedCertificate(der);
    return der;
  } catch (error) {
    if (error instanceof DerError) throw fault(place, `a certificate (${error.message})`);
    throw error;
  }
}

const isUsed = (log: TrustedLog | LeftOut): log is TrustedLog => 'key' in log;
const isLeftOut = (log: TrustedLog | LeftOut): log is LeftOut => !isUsed(log);

/** Reads trusted_root.json. @throws ConfigError `TRUST_FILE` with the place in the file */
export function parseTrustedRoot(text: string, source: string, crypto: Crypto): TrustMaterial {
  const root = parseProtoJson(text, source);
  const at = (key: string): Place => inside({ source, path: '' }, key);
  const { mediaType } = root;
  if (
    typeof mediaType !== 'string' ||
    !mediaType.startsWith('application/vnd.dev.sigstore.trustedroot')
  ) {
    throw fault(at('mediaType'), 'that of a trusted root');
  }
  const list = <T>(key: string, read: (value: unknown, place: Place) => T): readonly T[] =>
    asList(root[key], at(key), read);
  const tlogs = list('tlogs', (value, place) => readLog('log', value, place));
  const ctLogs = list('ctlogs', (value, place) => readLog('CT log', value, place));
  return {
    source,
    digest: toHex(crypto.hash('sha256', utf8(text))),
    certificateAuthorities: list('certificateAuthorities', asAuthority),
    timestampAuthorities: list('timestampAuthorities', asAuthority),
    tlogs: tlogs.filter(isUsed),
    ctLogs: ctLogs.filter(isUsed),
    leftOut: [...tlogs, ...ctLogs].filter(isLeftOut),
  };
}
