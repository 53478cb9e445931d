/**
 * A TUF repository (specification 1.0, consistent snapshots) made, signed and served on loopback: for clients of ours
 * and of others. It can be well kept (publish, rotate) and badly kept (`put` signs anything; `files` is what is served).
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metadata } from '@tufjs/models';

export const TUF_ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type TufRole = (typeof TUF_ROLES)[number];
type Json = Record<string, unknown>;

/** A target's content, with Sigstore's custom metadata where clients of key files want it. */
export interface TufTarget {
  readonly content: string | Uint8Array;
  readonly custom?: Json;
}

export interface TufOptions {
  readonly targets: Readonly<Record<string, TufTarget | string>>;
  /** Default ecdsa (P-256), as the public-good instance. */
  readonly scheme?: 'ecdsa' | 'ed25519';
  /** Keys of each role, and how many must sign; default 1. */
  readonly keys?: Partial<Record<TufRole, number>>;
  readonly thresholds?: Partial<Record<TufRole, number>>;
  /** Seconds until a role expires; default a year for root and targets, a week for the others. */
  readonly lifetimes?: Partial<Record<TufRole, number>>;
}

export interface TufKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  /** As it stands in root metadata. */
  readonly json: Json;
}

export interface TufServer {
  /** Without a trailing slash. */
  readonly url: string;
  /** Paths asked for so far. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

export interface TufRepository {
  /** Path → bytes, as served: `1.root.json`, `timestamp.json`, `targets/<sha256>.trusted_root.json`. Change it to attack. */
  readonly files: Map<string, Buffer>;
  /** Keys of a role as of now. */
  readonly keys: (role: TufRole) => readonly TufKey[];
  /** Bytes of a root version; the newest without one. */
  readonly root: (version?: number) => Buffer;
  /** The signed part of what is served for a role, to edit and `put` back. */
  readonly signed: (role: TufRole) => Json;
  /** New targets (those given replace all), snapshot and timestamp versions. */
  readonly publish: (change?: Partial<Pick<TufOptions, 'targets' | 'lifetimes'>>) => void;
  /** A new root version, signed by old and new root keys: with new keys for the named roles; then publishes. */
  readonly rotate: (roles: readonly TufRole[], lifetime?: number) => void;
  /** Signs anything as a role's metadata and puts it where clients look for it. `keys` defaults to the role's own. */
  readonly put: (role: TufRole, signed: Json, keys?: readonly TufKey[]) => void;
  readonly serve: () => Promise<TufServer>;
}

const DAY = 86_400;
const LIFETIMES: Record<TufRole, number> = {
  root: 365 * DAY,
  targets: 365 * DAY,
  snapshot: 7 * DAY,
  timestamp: 7 * DAY,
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Canonical JSON, by the library that clients check with. */
export function canonical(signed: Json): Buffer {
  let bytes = Buffer.alloc(0);
  new Metadata({ toJSON: () => signed } as never).sign((data) => {
    bytes = Buffer.from(data);
    return { keyID: '', sig: '' } as never;
  });
  return bytes;
}

/** A fresh key, named by the digest of its description as TUF asks. */
export function tufKey(scheme: 'ecdsa' | 'ed25519'): TufKey {
  const pair =
    scheme === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
      : generateKeyPairSync('ed25519');
  const publicText =
    scheme === 'ecdsa'
      ? pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
      : pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex');
  const json = {
    keytype: scheme,
    scheme: scheme === 'ecdsa' ? 'ecdsa-sha2-nistp256' : 'ed25519',
    keyval: { public: publicText },
  };
  return { id: sha256(canonical(json)), privateKey: pair.privateKey, json };
}

/** Metadata as served: the signed part under these keys' signatures. */
export function signTuf(signed: Json, keys: readonly TufKey[]): Buffer {
  const data = canonical(signed);
  const signatures = keys.map(({ id, privateKey }) => ({
    keyid: id,
    sig: sign(privateKey.asymmetricKeyType === 'ec' ? 'sha256' : null, data, privateKey).toString(
      'hex',
    ),
  }));
  return Buffer.from(JSON.stringify({ signatures, signed }, null, 1));
}

function expiry(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+/, '');
}

/** A repository with version 1 of everything. */
export function makeTufRepository(options: TufOptions): TufRepository {
  const scheme = options.scheme ?? 'ecdsa';
  const newKeys = (role: TufRole): readonly TufKey[] =>
    Array.from({ length: options.keys?.[role] ?? 1 }, () => tufKey(scheme));
  const keys = new Map(TUF_ROLES.map((role) => [role, newKeys(role)]));
  const files = new Map<string, Buffer>();
  const version: Record<TufRole, number> = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
  let { targets, lifetimes = {} } = options;
  const of = (role: TufRole): readonly TufKey[] => keys.get(role) ?? [];
  const head = (role: TufRole): Json => ({
    _type: role,
    spec_version: '1.0.31',
    version: version[role],
    expires: expiry(lifetimes[role] ?? LIFETIMES[role]),
  });
  const pathOf = (role: TufRole, number: unknown): string =>
    role === 'timestamp' ? 'timestamp.json' : `${String(number)}.${role}.json`;
  const put: TufRepository['put'] = (role, signed, signers = of(role)) => {
    files.set(pathOf(role, signed['version']), signTuf(signed, signers));
  };
  const about = (role: TufRole): Json => {
    const bytes = files.get(pathOf(role, version[role])) ?? Buffer.alloc(0);
    return { version: version[role], length: bytes.length, hashes: { sha256: sha256(bytes) } };
  };
  const putRoot = (signers: readonly TufKey[]): void => {
    version.root += 1;
    const all = TUF_ROLES.flatMap((role) => of(role));
    const roles = TUF_ROLES.map((role) => {
      const threshold = options.thresholds?.[role] ?? 1;
      return [role, { keyids: of(role).map(({ id }) => id), threshold }];
    });
    const listed = {
      keys: Object.fromEntries(all.map(({ id, json }) => [id, json])),
      roles: Object.fromEntries(roles),
    };
    put('root', { ...head('root'), consistent_snapshot: true, ...listed }, signers);
  };
  const putTargets = (): Json => {
    const entries = Object.entries(targets).map(([name, target]) => {
      const { content, custom } = typeof target === 'string' ? { content: target } : target;
      const bytes = Buffer.from(content);
      files.set(`targets/${sha256(bytes)}.${name}`, bytes);
      const facts = { length: bytes.length, hashes: { sha256: sha256(bytes) } };
      return [name, custom === undefined ? facts : { ...facts, custom }];
    });
    return Object.fromEntries(entries) as Json;
  };
  const publish: TufRepository['publish'] = (change = {}) => {
    targets = change.targets ?? targets;
    lifetimes = { ...lifetimes, ...change.lifetimes };
    for (const role of ['targets', 'snapshot', 'timestamp'] as const) version[role] += 1;
    put('targets', { ...head('targets'), targets: putTargets() });
    put('snapshot', { ...head('snapshot'), meta: { 'targets.json': about('targets') } });
    put('timestamp', { ...head('timestamp'), meta: { 'snapshot.json': about('snapshot') } });
  };
  putRoot(of('root'));
  publish();
  return {
    ...{ files, publish, put },
    keys: of,
    root: (number = version.root) => files.get(`${number}.root.json`) ?? Buffer.alloc(0),
    signed: (role) => {
      const bytes = files.get(pathOf(role, version[role])) ?? Buffer.from('{}');
      return (JSON.parse(bytes.toString()) as { signed: Json }).signed;
    },
    rotate: (roles, lifetime) => {
      const old = of('root');
      if (lifetime !== undefined) lifetimes = { ...lifetimes, root: lifetime };
      for (const role of roles) keys.set(role, newKeys(role));
      putRoot([...new Set([...old, ...of('root')])]);
      publish();
    },
    serve: () => serveTuf(files),
  };
}

/** Serves a repository's files on a free port of loopback. */
export async function serveTuf(files: ReadonlyMap<string, Uint8Array>): Promise<TufServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '/').slice(1));
    requests.push(path);
    const found = files.get(path);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-length': found.length }).end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
