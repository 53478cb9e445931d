/**
 * Finds the trust root that the settings name: a file, gitsign's key files, or a TUF mirror with the root metadata that
 * its updates start from. `signet.trust` is a path or a mirror's address. If this program has no root metadata for a
 * mirror, the address carries its digest as fragment (`https://tuf.example#root-1-<sha256>`). So one value says all.
 */

import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';
import { isAbsolute, join } from '../system/paths.ts';

/** The settings that decide about trust. */
export const TRUST_SETTINGS = [
  'trust',
  'trustRoot',
  'trustCache',
  'fulcioRoot',
  'rekorPublicKey',
  'ctLogPublicKey',
  'timestampCertChain',
  'ctLog',
] as const;
export type TrustSettings = Pick<Settings, (typeof TRUST_SETTINGS)[number]>;

/** The start of a mirror's chain of roots: built in, a file, or known by version and digest. */
export type Anchor =
  | { readonly kind: 'embedded'; readonly instance: 'public-good' | 'staging' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'pinned'; readonly version: number; readonly sha256: string };

export interface MirrorSource {
  readonly kind: 'mirror';
  /** Without fragment and trailing slash. */
  readonly url: string;
  /** For messages: `public-good`, `staging`, or host and path. */
  readonly name: string;
  readonly anchor: Anchor;
  /** The folder of its kept files. Undefined if there is no home directory. */
  readonly directory?: string | undefined;
}

export type TrustSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'key-files' }
  | MirrorSource;

export const PUBLIC_GOOD_MIRROR = 'https://tuf-repo-cdn.sigstore.dev';
export const STAGING_MIRROR = 'https://tuf-repo-cdn.sigstage.dev';
const KNOWN: Readonly<Record<string, 'public-good' | 'staging'>> = {
  [PUBLIC_GOOD_MIRROR]: 'public-good',
  [STAGING_MIRROR]: 'staging',
};

const ADDRESS = /^https?:\/\//i;
const PIN = /^#root-([1-9]\d{0,8})-([0-9a-f]{64})$/;

function fault(text: string, why: string): ConfigError {
  return new ConfigError(`trust root ${text}: ${why}`, {
    code: 'TRUST_FILE',
    hint: 'set up a mirror: git signet trust init --mirror URL --root FILE',
  });
}

/** Returns the error for a machine without a folder for trust roots. */
export function noPlaceToKeep(): ConfigError {
  return new ConfigError('there is no place to keep a trust root', {
    hint: 'set HOME or XDG_DATA_HOME',
  });
}

/** Returns the setting's value for a mirror that is trusted from this root version on. */
export function mirrorSetting(url: string, version: number, sha256: string): string {
  return `${url}#root-${version}-${sha256}`;
}

function anchorOf(url: string, fragment: string, file: string | undefined): Anchor {
  if (fragment !== '') {
    const [, version, sha256] = PIN.exec(fragment) ?? [];
    if (version === undefined || sha256 === undefined)
      throw fault(url, `${fragment} is not #root-VERSION-SHA256`);
    return { kind: 'pinned', version: Number(version), sha256 };
  }
  if (file !== undefined) return { kind: 'file', path: file };
  const instance = Object.hasOwn(KNOWN, url) ? KNOWN[url] : undefined;
  if (instance === undefined) throw fault(url, 'the root metadata of this mirror is not known');
  return { kind: 'embedded', instance };
}

/** Returns the folder of a mirror. A mirror with another root is another instance, and has its own folder (threat T05). */
function directoryOf(
  url: string,
  anchor: Anchor,
  cache: string | undefined,
  crypto: Crypto,
): string | undefined {
  if (cache === undefined || !isAbsolute(cache)) return undefined;
  const start =
    anchor.kind === 'embedded'
      ? ''
      : anchor.kind === 'file'
        ? `file ${anchor.path}`
        : `${anchor.version} ${anchor.sha256}`;
  return join(cache, toHex(crypto.hash('sha256', utf8(`${url}\n${start}`))));
}

/** Reads a mirror's address, with its fragment if there is one. @throws ConfigError `TRUST_FILE` */
export function mirrorSource(
  text: string,
  { trustRoot, trustCache }: Pick<TrustSettings, 'trustRoot' | 'trustCache'>,
  crypto: Crypto,
): MirrorSource {
  const parsed = URL.parse(text);
  if (parsed === null || parsed.search !== '' || parsed.username !== '' || parsed.password !== '')
    throw fault(text, 'expected the plain address of a mirror, or a path');
  const url = (parsed.origin + parsed.pathname).replace(/\/+$/, '');
  const anchor = anchorOf(url, parsed.hash, trustRoot);
  const name = anchor.kind === 'embedded' ? anchor.instance : url.replace(ADDRESS, '');
  const directory = directoryOf(url, anchor, trustCache, crypto);
  return { kind: 'mirror', url, name, anchor, directory };
}

/** Returns true if any of gitsign's key files is named. */
export function namesKeyFiles(settings: TrustSettings): boolean {
  const { fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain } = settings;
  const files = [fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain];
  return files.some((file) => file !== undefined);
}

/** Returns the source of the trust root that these settings name. @throws ConfigError `TRUST_FILE` */
export function trustSourceOf(settings: TrustSettings, crypto: Crypto): TrustSource {
  const { trust } = settings;
  if (trust !== undefined && !ADDRESS.test(trust)) return { kind: 'file', path: trust };
  if (trust !== undefined) return mirrorSource(trust, settings, crypto);
  return namesKeyFiles(settings) ? { kind: 'key-files' } : publicGood(settings, crypto);
}

/** Returns the default source. */
export function publicGood({ trustCache }: TrustSettings, crypto: Crypto): MirrorSource {
  return mirrorSource(PUBLIC_GOOD_MIRROR, { ...(trustCache ? { trustCache } : {}) }, crypto);
}
