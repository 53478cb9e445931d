/**
 * The scope of kept proofs: everything that a verdict on evidence depends on, beside the object itself. Proofs of another
 * trust root, another build of the checks or another runtime have another scope, and are never looked at.
 */

import { utf8 } from '../core/bytes.ts';
import type { StoreFile } from './database.ts';
import type { StoreKey } from './key.ts';

declare const SIGNET_EVIDENCE: string;

/** The digest of the sources that reach verdicts on evidence, or undefined for sources that run unbuilt. */
export const EVIDENCE: string | undefined =
  typeof SIGNET_EVIDENCE === 'string' ? SIGNET_EVIDENCE : undefined;

/** The part of a scope that holds proofs. */
export const PROOFS = 1;

/** Versions of this process. */
type Versions = Readonly<Record<string, string | undefined>>;

/**
 * Returns the runtime, whose cryptography reaches verdicts too. Distributions build Node.js with an OpenSSL of their own, and
 * mend that alone.
 */
export function runtimeName({ bun, node, openssl }: Versions = process.versions): string {
  return bun === undefined ? `node ${node}, openssl ${openssl}` : `bun ${bun}`;
}

/** Returns the scope of these facts under a key. */
export function scopeDigest(key: StoreKey, facts: readonly string[]): Uint8Array {
  return key.mark('scope', ...facts.map((fact) => utf8(fact)));
}

/** Returns the row of a scope, or undefined if the file has none. */
export function findScope(file: StoreFile, digest: Uint8Array): number | undefined {
  const row = file.get('SELECT id FROM scope WHERE digest = ?', digest) as
    | { readonly id: number }
    | undefined;
  return row?.id;
}

/** Returns the row of a scope, which is made if there is none. It counts as used now (Unix seconds). */
export function useScope(file: StoreFile, key: StoreKey, digest: Uint8Array, now: number): number {
  file.run(
    'INSERT INTO scope (digest, owner, used) VALUES (?, ?, ?) ON CONFLICT (digest) DO UPDATE SET used = excluded.used',
    ...[digest, key.mark('owner'), now],
  );
  return findScope(file, digest) ?? 0;
}

/** Returns the number of scopes that another key marked. */
export function foreignScopes(file: StoreFile, key: StoreKey): number {
  const row = file.get('SELECT count(*) AS n FROM scope WHERE owner <> ?', key.mark('owner'));
  return (row as { readonly n: number }).n;
}
