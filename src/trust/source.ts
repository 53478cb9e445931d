/**
 * Which trust root is meant: a file, gitsign's key files, or a TUF mirror with the root that its updates start from.
 * `signet.trust` is a path or a mirror's address; a mirror that we have no root for carries the digest of one in its
 * fragment (`https://tuf.example#root-1-<sha256>`), so that one value says all, in every place where values can stand.
 */

import { isAbsolute, join } from 'node:path';
import { toHex, utf8 } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import { ConfigError } from '../errors.ts';
import type { Settings } from '../settings/load.ts';

/** What decides about trust. */
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

/** Where a mirror's chain of roots starts: built in, a file, or known by version and digest. */
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
  /** Where what it served is kept; undefined where there is no home directory. */
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
    hint: 'git signet trust init --mirror URL --root FILE writes a whole one',
  });
}

/** The setting's value for a mirror that is trusted from this root version on. */
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
  if (instance === undefined) throw fault(url, 'nothing says which root this mirror starts from');
  return { kind: 'embedded', instance };
}

/** A mirror and its root belong together: another root is another instance, with a directory of its own (threat T05). */
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

/** A mirror by its address, with the fragment where it has one. @throws ConfigError `TRUST_FILE` */
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

/** True where gitsign's key files say, wholly or in part, what is trusted. */
export function namesKeyFiles(settings: TrustSettings): boolean {
  const { fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain } = settings;
  const files = [fulcioRoot, rekorPublicKey, ctLogPublicKey, timestampCertChain];
  return files.some((file) => file !== undefined);
}

/** The trust root that these settings mean. @throws ConfigError `TRUST_FILE` */
export function trustSourceOf(settings: TrustSettings, crypto: Crypto): TrustSource {
  const { trust } = settings;
  if (trust !== undefined && !ADDRESS.test(trust)) return { kind: 'file', path: trust };
  if (trust !== undefined) return mirrorSource(trust, settings, crypto);
  return namesKeyFiles(settings) ? { kind: 'key-files' } : publicGood(settings, crypto);
}

/** The instance that is meant where nothing else is said. */
export function publicGood({ trustCache }: TrustSettings, crypto: Crypto): MirrorSource {
  return mirrorSource(PUBLIC_GOOD_MIRROR, { ...(trustCache ? { trustCache } : {}) }, crypto);
}
