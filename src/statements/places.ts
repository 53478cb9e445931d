/**
 * Names the places of statements in a repository. gitsign keeps its attestations in `refs/attestations/commits` and
 * `refs/attestations/trees`, in a tree `<id>/<name>`. Ours have a name that is made of their content, so two histories
 * of the ref can always be joined. git notes hold statements one a line, as `slsa-framework/source-tool` reads them.
 */

import { toHex } from '../core/bytes.ts';
import type { Crypto } from '../core/crypto.ts';
import type { SubjectType } from '../core/statement/statement.ts';

/** The ref for statements about objects of each type. */
export const REFS: Readonly<Record<SubjectType, string>> = {
  commit: 'refs/attestations/commits',
  tag: 'refs/attestations/tags',
  tree: 'refs/attestations/trees',
};

/** Where the documented refspec keeps what it fetched: `refs/attestations-from/<remote>/commits`. */
export const FETCHED = 'refs/attestations-from';

/** The ref of git notes. `git log` shows it, and source-tool reads it. */
export const NOTES = 'refs/notes/commits';

/** Patterns of all refs that may hold statements, as `git for-each-ref` takes them. */
export const PATTERNS: readonly string[] = [
  ...Object.values(REFS),
  ...Object.values(REFS).map((ref) => `${FETCHED}/*/${ref.slice(ref.lastIndexOf('/') + 1)}`),
  NOTES,
  'refs/notes/*/commits',
];

/** Returns true for a ref of our own statements. */
export const isStatementRef = (ref: string): boolean => Object.values(REFS).includes(ref);

/** Returns true if this ref holds git notes. */
export const isNotes = (ref: string): boolean => ref.startsWith('refs/notes/');

/** Returns true if a fetch wrote `fetched`, and it holds what another repository has under `ref`. */
export function isFetchedFrom(fetched: string, ref: string): boolean {
  const last = ref.slice(ref.lastIndexOf('/'));
  return fetched.startsWith(`${FETCHED}/`) && fetched.endsWith(last);
}

/** The refspecs for `git push` and `git fetch`. */
export const PUSH_SPEC = "'refs/attestations/*:refs/attestations/*'";
export const FETCH_SPEC = "'+refs/attestations/*:refs/attestations-from/REMOTE/*'";

const NAME = /^[0-9a-f]{64}\.sigstore\.json$/;

/** Returns the name of a bundle: the SHA-256 of its bytes. */
export function bundleName(bundle: Uint8Array, crypto: Crypto): string {
  return `${toHex(crypto.hash('sha256', bundle))}.sigstore.json`;
}

/** Returns true for a name that `bundleName` makes. */
export const isBundleName = (name: string): boolean => NAME.test(name);

/** Most statements that are read about one object, and most bytes of them. A stranger may push any number (threat I05). */
export const MAX_STATEMENTS = 1000;
export const MAX_BYTES = 64 * 1024 * 1024;
/** Most refs that are read. */
export const MAX_REFS = 64;
