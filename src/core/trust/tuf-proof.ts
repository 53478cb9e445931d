/**
 * Proves metadata of a TUF mirror (specification 1.0.31) each time it is read from disk: the chain of root
 * versions from a trusted one, and the top-level targets under the last root. To check that it is fresh is the
 * update client's task (§5.3–5.6, trust/mirror-refresh.ts). Here there is no clock, and nothing expires offline.
 */

import { concat, fromBase64, fromHex, toHex, utf8 } from '../bytes.ts';
import { DerError } from '../cms/der.ts';
import type { Crypto, PublicKey } from '../crypto.ts';
import { isRecord } from '../json.ts';
import { readPublicKey } from '../x509/algorithms.ts';
import { signatureHolds } from '../x509/signature.ts';
import {
  isCount,
  own,
  readTufMetadata,
  refuse,
  type TufMetadata,
  type TufRole,
} from './tuf-metadata.ts';

/** A target as signed metadata describes it. */
export interface TufTarget {
  readonly length: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Targets that the chain of roots vouches for. */
export interface ProvenTargets {
  readonly root: TufMetadata;
  readonly targets: TufMetadata;
  readonly files: ReadonlyMap<string, TufTarget>;
}

/** The SubjectPublicKeyInfo of an Ed25519 key before its 32 octets (RFC 8410 §4). */
const ED25519_HEAD = Uint8Array.of(
  0x30,
  0x2a,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x03,
  0x21,
  0,
);
const PEM = /^-----BEGIN PUBLIC KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PUBLIC KEY-----\s*$/;
const MAX_ROOTS = 256;

/** Reads a key that we verify with (P-256, P-384 or Ed25519, as PEM or hex). Returns undefined for all others. */
function readKey(value: unknown): PublicKey | undefined {
  if (!isRecord(value)) return undefined;
  const keyval = own(value, 'keyval');
  const text = isRecord(keyval) ? own(keyval, 'public') : undefined;
  if (typeof text !== 'string') return undefined;
  const body = PEM.exec(text)?.[1]?.replace(/[\r\n]/g, '');
  const octets = body === undefined ? fromHex(text) : fromBase64(body);
  if (octets === undefined) return undefined;
  const spki = body === undefined ? concat(ED25519_HEAD, octets) : octets;
  const scheme = own(value, 'scheme');
  try {
    const key = readPublicKey(spki);
    return key !== undefined && scheme === SCHEMES[key.kind] ? key : undefined;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

const SCHEMES: Readonly<Partial<Record<PublicKey['kind'], string>>> = {
  p256: 'ecdsa-sha2-nistp256',
  p384: 'ecdsa-sha2-nistp384',
  ed25519: 'ed25519',
};

interface Role {
  readonly threshold: number;
  /** Keys by key id, without keys of unknown kinds. */
  readonly keys: ReadonlyMap<string, PublicKey>;
}

/** Returns the keys and the threshold of a role. They count by key, not by name (threat T03). */
function roleOf(root: TufMetadata, role: TufRole): Role {
  const roles = own(root.signed, 'roles');
  const keys = own(root.signed, 'keys');
  const listed = isRecord(roles) ? own(roles, role) : undefined;
  if (!isRecord(keys) || !isRecord(listed)) refuse('root', `names no role ${role}`);
  const threshold = own(listed, 'threshold');
  const ids: unknown = own(listed, 'keyids');
  if (!isCount(threshold)) refuse('root', `has no threshold for ${role}`);
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === 'string'))
    refuse('root', `names no keys for ${role}`);
  const found = new Map<string, PublicKey>();
  const seen = new Set<string>();
  for (const id of ids as readonly string[]) {
    const key = readKey(own(keys, id));
    if (key === undefined) continue;
    const spki = toHex(key.spki);
    if (seen.has(spki)) refuse('root', `names a key twice for ${role}`);
    seen.add(spki);
    found.set(id, key);
  }
  if (found.size < threshold) refuse('root', `has fewer keys for ${role} than must sign`);
  return { threshold, keys: found };
}

/** Checks that enough keys of the role have signed. @throws ConfigError `TRUST_FILE` */
async function checkSigned(
  metadata: TufMetadata,
  role: TufRole,
  { threshold, keys }: Role,
  crypto: Crypto,
): Promise<void> {
  let held = 0;
  for (const [id, signature] of metadata.signatures) {
    if (held === threshold) return;
    const key = keys.get(id);
    if (key === undefined || signature.length === 0) continue;
    const hash = key.kind === 'p384' ? 'sha384' : 'sha256';
    if (await signatureHolds(crypto, key, hash, metadata.bytes, signature)) held += 1;
  }
  if (held < threshold) refuse(role, `is signed by ${held} of the ${threshold} keys that must`);
}

/** Reads the next root. It must have the next version, and signatures by the keys of the last root and by its own (§5.3.4, §5.3.5). */
export async function nextRoot(
  last: TufMetadata,
  text: string,
  crypto: Crypto,
): Promise<TufMetadata> {
  const next = readTufMetadata(text, 'root');
  if (next.version !== last.version + 1)
    refuse('root', `is version ${next.version} where ${last.version + 1} is due`);
  await checkSigned(next, 'root', roleOf(last, 'root'), crypto);
  await checkSigned(next, 'root', roleOf(next, 'root'), crypto);
  return next;
}

/** Reads a root to start from. It must be well formed, and signed by its own keys. @throws ConfigError `TRUST_FILE` */
export async function firstRoot(text: string, crypto: Crypto): Promise<TufMetadata> {
  const root = readTufMetadata(text, 'root');
  await checkSigned(root, 'root', roleOf(root, 'root'), crypto);
  return root;
}

/**
 * Proves the top-level targets by the roots. `anchor` is trusted, and each of `roots` is the next version. Delegated
 * targets are not read. @throws ConfigError `TRUST_FILE`
 */
export async function proveTargets(
  anchor: string,
  roots: readonly string[],
  targets: string,
  crypto: Crypto,
): Promise<ProvenTargets> {
  if (roots.length > MAX_ROOTS) refuse('root', 'has too many versions');
  let root = readTufMetadata(anchor, 'root');
  for (const text of roots) root = await nextRoot(root, text, crypto);
  const read = readTufMetadata(targets, 'targets');
  await checkSigned(read, 'targets', roleOf(root, 'targets'), crypto);
  return { root, targets: read, files: readFiles(read) };
}

function readFiles({ signed }: TufMetadata): ReadonlyMap<string, TufTarget> {
  const targets = own(signed, 'targets');
  if (!isRecord(targets)) refuse('targets', 'has no targets');
  const files = new Map<string, TufTarget>();
  for (const [name, value] of Object.entries(targets)) {
    const { length, hashes } = (isRecord(value) ? value : {}) as {
      length?: unknown;
      hashes?: unknown;
    };
    const sha256 = isRecord(hashes) ? own(hashes, 'sha256') : undefined;
    // without a SHA-256 the target cannot be checked, so it is left out
    if (typeof length !== 'number' || typeof sha256 !== 'string') continue;
    files.set(name, { length, sha256 });
  }
  return files;
}

/** Returns true if the file matches the target's metadata. */
export function isTarget(target: TufTarget | undefined, text: string, crypto: Crypto): boolean {
  const bytes = utf8(text);
  return target?.length === bytes.length && target.sha256 === toHex(crypto.hash('sha256', bytes));
}
