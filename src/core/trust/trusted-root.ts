/**
 * trusted_root.json (dev.sigstore.trustroot.v1.TrustedRoot), or gitsign's key files, as trust material.
 * Strict where it matters: a key, id, date or certificate that cannot be read is an error, never a gap in trust.
 */

import { ConfigError } from '../../errors.ts';
import { fromBase64, toHex, utf8 } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import type { Crypto } from '../crypto.ts';
import { readPublicKey } from '../x509/algorithms.ts';
import { readTrustedCertificate } from '../x509/certificate.ts';
import type {
  TrustedAuthority,
  TrustedLog,
  TrustMaterial,
  ValidityWindow,
} from './trust-material.ts';

type Json = Readonly<Record<string, unknown>>;

/** Says where in the file something is wrong. */
interface Place {
  readonly source: string;
  readonly path: string;
}

function fault({ source, path }: Place, expected: string): ConfigError {
  return new ConfigError(`${source}: ${path === '' ? 'the file' : path} is not ${expected}`, {
    code: 'TRUST_FILE',
  });
}

function inside(place: Place, key: string | number): Place {
  const step = typeof key === 'number' ? `[${key}]` : place.path === '' ? key : `.${key}`;
  return { ...place, path: place.path + step };
}

function asObject(value: unknown, place: Place): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw fault(place, 'an object');
  return value as Json;
}

function asList<T>(
  value: unknown,
  place: Place,
  read: (item: unknown, place: Place) => T,
): readonly T[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw fault(place, 'a list');
  return value.map((item: unknown, index) => read(item, inside(place, index)));
}

function asBytes(value: unknown, place: Place): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes === undefined || bytes.length === 0) throw fault(place, 'base64');
  return bytes;
}

/** With its offset: without one, `Date.parse` would take the time zone of whoever verifies. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function asTime(value: unknown, place: Place): number {
  const time = typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw fault(place, 'an RFC 3339 time');
  return Math.floor(time / 1000);
}

function asWindow(value: unknown, place: Place): ValidityWindow {
  if (value === undefined) return { start: 0 };
  const { start, end } = asObject(value, place);
  return {
    start: start === undefined ? 0 : asTime(start, inside(place, 'start')),
    ...(end === undefined ? {} : { end: asTime(end, inside(place, 'end')) }),
  };
}

function asLog(value: unknown, place: Place): TrustedLog {
  const log = asObject(value, place);
  const keyPlace = inside(place, 'publicKey');
  const publicKey = asObject(log['publicKey'], keyPlace);
  const key = keyOf(
    asBytes(publicKey['rawBytes'], inside(keyPlace, 'rawBytes')),
    inside(keyPlace, 'rawBytes'),
  );
  const id = asObject(log['logId'], inside(place, 'logId'));
  const baseUrl = log['baseUrl'];
  return {
    id: toHex(asBytes(id['keyId'], inside(place, 'logId.keyId'))),
    baseUrl: typeof baseUrl === 'string' ? baseUrl : '',
    key,
    validFor: asWindow(publicKey['validFor'], inside(keyPlace, 'validFor')),
  };
}

function keyOf(spki: Uint8Array, place: Place): TrustedLog['key'] {
  try {
    const key = readPublicKey(spki);
    if (key !== undefined) return key;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  throw fault(place, 'a public key of a supported kind');
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
  const { uri } = authority;
  return {
    uri: typeof uri === 'string' ? uri : '',
    chain,
    validFor: asWindow(authority['validFor'], inside(place, 'validFor')),
  };
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

/** Reads trusted_root.json. @throws ConfigError `TRUST_FILE`, naming the place in the file. */
export function parseTrustedRoot(text: string, source: string, crypto: Crypto): TrustMaterial {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${source}: not JSON`, { code: 'TRUST_FILE', cause: error });
  }
  const place = { source, path: '' };
  const root = asObject(json, place);
  const { mediaType } = root;
  if (
    typeof mediaType !== 'string' ||
    !mediaType.startsWith('application/vnd.dev.sigstore.trustedroot')
  ) {
    throw fault(inside(place, 'mediaType'), 'that of a trusted root');
  }
  return {
    source,
    digest: toHex(crypto.hash('sha256', utf8(text))),
    certificateAuthorities: asList(
      root['certificateAuthorities'],
      inside(place, 'certificateAuthorities'),
      asAuthority,
    ),
    timestampAuthorities: asList(
      root['timestampAuthorities'],
      inside(place, 'timestampAuthorities'),
      asAuthority,
    ),
    tlogs: asList(root['tlogs'], inside(place, 'tlogs'), asLog),
    ctLogs: asList(root['ctlogs'], inside(place, 'ctlogs'), asLog),
  };
}
