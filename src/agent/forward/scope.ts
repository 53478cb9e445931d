/**
 * Which repositories forwarded signatures may be for: clones on this machine. A commit belongs to one when all its
 * parents do, a tag when its target does; what was signed here for a clone belongs to it too, so that work on the other
 * machine can go on from its own commits. A commit without parents belongs nowhere.
 */

import type { Crypto } from '../../core/crypto.ts';
import { objectId } from '../../core/git/object.ts';
import { resolveNames } from '../../git/names.ts';
import { openRepository } from '../../git/repository.ts';
import type { Environment } from '../../system/environment.ts';
import type { Described } from './described.ts';

export interface Scope {
  /** The clone that it belongs to, or undefined. */
  readonly repositoryOf: (what: Described) => Promise<string | undefined>;
  /** What was signed just now, signature included. */
  readonly remember: (raw: Uint8Array, what: Described, repository: string) => void;
}

const FULL_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MAX_REMEMBERED = 10_000;

/** `repositories`: absolute paths. One that is not there holds nothing. */
export function openScope(
  repositories: readonly string[],
  { environment, crypto }: { readonly environment: Environment; readonly crypto: Crypto },
): Scope {
  /** Object name → the clone it was signed for. */
  const signed = new Map<string, string>();
  const holds = async (path: string, ids: readonly string[]): Promise<boolean> => {
    const asked = ids.filter((id) => signed.get(id) !== path);
    if (asked.length === 0) return true;
    try {
      const found = await resolveNames(await openRepository(path, environment), asked);
      return found.every((one, index) => one !== undefined && one.id === asked[index]);
    } catch {
      return false;
    }
  };
  return {
    repositoryOf: async ({ parents }) => {
      // git would take other words for names of its own
      if (parents.length === 0 || !parents.every((id) => FULL_HASH.test(id))) return undefined;
      for (const path of repositories) if (await holds(path, parents)) return path;
      return undefined;
    },
    remember: (raw, { type, parents }, repository) => {
      const format = parents[0]?.length === 64 ? 'sha256' : 'sha1';
      signed.set(objectId(crypto, type, raw, format), repository);
      const oldest = signed.keys().next();
      if (signed.size > MAX_REMEMBERED && !oldest.done) signed.delete(oldest.value);
    },
  };
}
