/**
 * The repositories that forwarded signatures may be for: clones on this machine. A commit belongs to a clone if all its
 * parents do, and a tag if its target does. What was signed here for a clone belongs to it too, so that work on the other
 * machine can go on from its own commits. A commit without parents belongs to none.
 */

import type { Crypto } from '../../core/crypto.ts';
import { objectId } from '../../core/git/signed-object.ts';
import { resolveNames } from '../../git/names.ts';
import { openRepository } from '../../git/repository.ts';
import type { Environment } from '../../system/environment.ts';
import type { PayloadDescription } from './description.ts';

export interface Scope {
  /** Returns the clone that a payload belongs to, or undefined for none. */
  readonly repositoryOf: (what: PayloadDescription) => Promise<string | undefined>;
  /** Takes in what was signed just now, with its signature. */
  readonly remember: (raw: Uint8Array, what: PayloadDescription, repository: string) => void;
}

const FULL_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const MAX_REMEMBERED = 10_000;

/** Opens the clones at these absolute paths. A path without a clone holds nothing. */
export function openScope(
  repositories: readonly string[],
  { env, crypto }: { readonly env: Environment; readonly crypto: Crypto },
): Scope {
  /** The clone that an object was signed for, by its name. */
  const signed = new Map<string, string>();
  const holds = async (path: string, ids: readonly string[]): Promise<boolean> => {
    const asked = ids.filter((id) => signed.get(id) !== path);
    if (asked.length === 0) return true;
    try {
      const found = await resolveNames(await openRepository(path, env), asked);
      return found.every((one, index) => one !== undefined && one.id === asked[index]);
    } catch {
      return false;
    }
  };
  return {
    repositoryOf: async ({ parents }) => {
      // git would read other words as its own names for objects
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
