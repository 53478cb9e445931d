/**
 * Where oidc-provider keeps sessions, codes and grants: in memory, for the life of the process. (Its own
 * in-memory store is shared between providers and announces itself on the console.)
 */

interface Stored {
  readonly payload: Record<string, unknown>;
  /** Unix milliseconds. */
  readonly expires: number;
}

/** An adapter class for one provider, as its configuration wants it. */
export function memoryAdapter() {
  const stored = new Map<string, Stored>();

  const live = (key: string): Record<string, unknown> | undefined => {
    const found = stored.get(key);
    if (found === undefined || found.expires > Date.now()) return found?.payload;
    stored.delete(key);
    return undefined;
  };

  return class MemoryAdapter {
    readonly #model: string;

    constructor(model: string) {
      this.#model = model;
    }

    #key(id: string): string {
      return `${this.#model}:${id}`;
    }

    #findBy(member: string, value: string): Record<string, unknown> | undefined {
      for (const key of stored.keys()) {
        const payload = key.startsWith(`${this.#model}:`) ? live(key) : undefined;
        if (payload?.[member] === value) return payload;
      }
      return undefined;
    }

    async upsert(id: string, payload: Record<string, unknown>, expiresIn?: number): Promise<void> {
      const expires =
        expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
      stored.set(this.#key(id), { payload, expires });
    }

    async find(id: string): Promise<Record<string, unknown> | undefined> {
      return live(this.#key(id));
    }

    async findByUid(uid: string): Promise<Record<string, unknown> | undefined> {
      return this.#findBy('uid', uid);
    }

    async findByUserCode(userCode: string): Promise<Record<string, unknown> | undefined> {
      return this.#findBy('userCode', userCode);
    }

    async consume(id: string): Promise<void> {
      const payload = live(this.#key(id));
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    }

    async destroy(id: string): Promise<void> {
      stored.delete(this.#key(id));
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [key, { payload }] of stored) if (payload.grantId === grantId) stored.delete(key);
    }
  };
}
