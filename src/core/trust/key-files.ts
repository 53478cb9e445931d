/** Reads trust from gitsign's PEM files: a CA chain, a Rekor key, a CT log key and, for timestamps, a TSA chain. */

import { ConfigError } from '../../errors.ts';
import { concat, equal, fromBase64, toHex, utf8 } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import type { Crypto } from '../crypto.ts';
import { readPublicKey } from '../x509/algorithms.ts';
import { type Certificate, readTrustedCertificate } from '../x509/certificate.ts';
import type { TrustedAuthority, TrustedLog, TrustMaterial } from './trust-material.ts';

/** The text of a PEM file, with its path for messages. */
export interface KeyFile {
  readonly text: string;
  readonly path: string;
}

export interface KeyFiles {
  /** Self-signed certificates are roots, the rest are intermediates. */
  readonly fulcio?: KeyFile | undefined;
  readonly rekor?: KeyFile | undefined;
  readonly ctLog?: KeyFile | undefined;
  readonly timestampChain?: KeyFile | undefined;
}

const BLOCK = /-----BEGIN ([A-Z ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+?)-----END \1-----/g;
const ALWAYS = { start: 0 };
const MAX_CHAIN = 8;

function blocks({ text, path }: KeyFile, label: string): readonly Uint8Array[] {
  const found = [...text.matchAll(BLOCK)].filter((match) => match[1] === label);
  const ders = found.map((match) => fromBase64((match[2] ?? '').replace(/[\r\n]/g, '')));
  const whole = ders.filter((der) => der !== undefined);
  if (whole.length === 0 || whole.length !== ders.length) {
    throw new ConfigError(`${path}: no readable PEM block "${label}"`, { code: 'TRUST_FILE' });
  }
  return whole;
}

function unreadable(path: string, error: unknown): never {
  if (!(error instanceof DerError)) throw error;
  throw new ConfigError(`${path}: ${error.message}`, { code: 'TRUST_FILE' });
}

function certificates(file: KeyFile): readonly Certificate[] {
  try {
    return blocks(file, 'CERTIFICATE').map(readTrustedCertificate);
  } catch (error) {
    return unreadable(file.path, error);
  }
}

/** Returns chains from a certificate up to a self-signed one, by name. Signatures are checked when a path is built. */
function chainsFrom(
  one: Certificate,
  all: readonly Certificate[],
  left = MAX_CHAIN,
): readonly (readonly Uint8Array[])[] {
  if (equal(one.issuer, one.subject)) return [[one.der]];
  if (left === 0) return [];
  return all
    .filter((parent) => equal(one.issuer, parent.subject))
    .flatMap((parent) => chainsFrom(parent, all, left - 1))
    .map((chain) => [one.der, ...chain]);
}

/** Returns a chain for every certificate that issued no other, for any order in the file. */
function authorities(file: KeyFile): readonly TrustedAuthority[] {
  const all = certificates(file);
  const issued = (one: Certificate): boolean =>
    all.some((other) => other !== one && equal(other.issuer, one.subject));
  const chains = all.filter((one) => !issued(one)).flatMap((one) => chainsFrom(one, all));
  if (chains.length === 0) {
    throw new ConfigError(`${file.path}: holds no chain that ends in a self-signed root`, {
      code: 'TRUST_FILE',
    });
  }
  return chains.map((chain) => ({ uri: file.path, chain, validFor: ALWAYS }));
}

function logKey(file: KeyFile, crypto: Crypto): TrustedLog {
  const [spki = new Uint8Array()] = blocks(file, 'PUBLIC KEY');
  try {
    const key = readPublicKey(spki);
    if (key === undefined) throw new DerError('a public key of an unsupported kind');
    return { id: toHex(crypto.hash('sha256', spki)), baseUrl: '', key, validFor: ALWAYS };
  } catch (error) {
    return unreadable(file.path, error);
  }
}

/**
 * Returns trust material from key files, valid at all times. Missing parts come from `rest`. Without `rest` they are not
 * trusted. @throws ConfigError `TRUST_FILE` with the file
 */
export function trustFromKeyFiles(
  files: KeyFiles,
  crypto: Crypto,
  rest?: TrustMaterial,
): TrustMaterial {
  const { fulcio, rekor, ctLog, timestampChain } = files;
  const present = [fulcio, rekor, ctLog, timestampChain].filter((file) => file !== undefined);
  // the same text in another role is other trust
  const texts = [fulcio, rekor, ctLog, timestampChain].map((file) => utf8(`${file?.text}\0`));
  const digest = crypto.hash('sha256', utf8(rest?.digest ?? ''), concat(...texts));
  return {
    source: [...present.map(({ path }) => path), ...(rest === undefined ? [] : [rest.source])].join(
      ', ',
    ),
    digest: toHex(digest),
    certificateAuthorities:
      fulcio === undefined ? (rest?.certificateAuthorities ?? []) : authorities(fulcio),
    timestampAuthorities:
      timestampChain === undefined
        ? (rest?.timestampAuthorities ?? [])
        : authorities(timestampChain),
    tlogs: rekor === undefined ? (rest?.tlogs ?? []) : [logKey(rekor, crypto)],
    ctLogs: ctLog === undefined ? (rest?.ctLogs ?? []) : [logKey(ctLog, crypto)],
    leftOut: (rest?.leftOut ?? []).filter(
      ({ kind }) => (kind === 'log' ? rekor : ctLog) === undefined,
    ),
  };
}
