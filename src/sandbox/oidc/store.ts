/**
 * Where oidc-provider keeps sessions, codes and grants: in memory, for the life of the process. (Its own
 * in-memory store is shared between providers and announces itself on the console.)
 */

interface Stored {
  readonly payload: Record<string, unknown>;
  /** Unix milliseconds. */
  readonly expires: number;
}

/** Everything one provider keeps, by `model:id`. */
export class OidcStore {
  readonly #stored = new Map<string, Stored>();

  live(key: string): Record<string, unknown> | undefined {
    const found = this.#stored.get(key);
    if (found === undefined || found.expires > Date.now()) return found?.payload;
    this.#stored.delete(key);
    return undefined;
  }

  put(key: string, payload: Record<string, unknown>, expiresIn: number | undefined): void {
    const seconds = expiresIn ?? Number.POSITIVE_INFINITY;
    this.#stored.set(key, { payload, expires: Date.now() + seconds * 1000 });
  }

  delete(key: string): void {
    this.#stored.delete(key);
  }

  findBy(prefix: string, member: string, value: string): Record<string, unknown> | undefined {
    for (const key of this.#stored.keys()) {
      const payload = key.startsWith(prefix) ? this.live(key) : undefined;
      if (payload?.[member] === value) return payload;
    }
    return undefined;
  }

  deleteGrant(grantId: string): void {
    for (const [key, { payload }] of this.#stored) {
      if (payload.grantId === grantId) this.#stored.delete(key);
    }
  }
}

/** The adapter of one model over a store, as oidc-provider wants it: every answer a promise. */
export function storeAdapter(store: OidcStore, model: string): Readonly<Record<string, unknown>> {
  const keyOf = (id: string): string => `${model}:${id}`;
  return {
    upsert: async (id: string, payload: Record<string, unknown>, expiresIn?: number) =>
      store.put(keyOf(id), payload, expiresIn),
    find: async (id: string) => store.live(keyOf(id)),
    findByUid: async (uid: string) => store.findBy(keyOf(''), 'uid', uid),
    findByUserCode: async (code: string) => store.findBy(keyOf(''), 'userCode', code),
    consume: async (id: string) => {
      const payload = store.live(keyOf(id));
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id: string) => store.delete(keyOf(id)),
    revokeByGrantId: async (grantId: string) => store.deleteGrant(grantId),
  };
}
