/**
 * Keeps the trust root and the policies of `git signet serve`, and reads them anew. Each question is answered under one
 * reading, so a ref that moves or a file that changes never counts within one answer. If a policy or the trust root can no
 * longer be read, questions get that error: a resident program must not go on with what was revoked.
 */

/** Milliseconds after which a reading is no longer used for a new question. */
export const READING_AGE = 60_000;
/** Milliseconds before a failed reading is tried again, and before one that lacks an object is given up. */
const AFTER_FAILURE = 1000;

interface Closable {
  readonly close: () => Promise<void>;
}

interface Reading<T> {
  readonly value: T;
  readonly at: Times;
  users: number;
  retired: boolean;
  closed: boolean;
}

/** What the clocks say, in milliseconds. */
interface Times {
  /** Since any start. It never goes back, but it may stand while the machine sleeps. */
  readonly steady: number;
  /** The time of day, which may be set. */
  readonly wall: number;
}

export interface ReadingSettings<T extends Closable> {
  readonly open: () => Promise<T>;
  readonly clock: () => Times;
}

/** Returns the milliseconds since then, by the clock that counts more. A wall clock that was set back counts too. */
function since(at: Times, now: Times): number {
  return Math.max(now.steady - at.steady, Math.abs(now.wall - at.wall));
}

/** The newest reading, and older ones until their last question is answered. */
export class Readings<T extends Closable> {
  readonly #settings: ReadingSettings<T>;
  #newest: Reading<T> | undefined;
  #opening: Promise<Reading<T>> | undefined;
  /** Readings that work is done under. */
  readonly #used = new Set<Reading<T>>();
  /** Resolves when the retired readings are closed. */
  #closing: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown; readonly at: Times } | undefined;

  constructor(settings: ReadingSettings<T>) {
    this.#settings = settings;
  }

  async #open(): Promise<Reading<T>> {
    const { open, clock } = this.#settings;
    // what changes while it is read counts from the next reading on
    const at = clock();
    try {
      const value = await open();
      this.#failure = undefined;
      const reading = { value, at, users: 0, retired: false, closed: false };
      this.#retire();
      this.#newest = reading;
      return reading;
    } catch (error) {
      this.#failure = { error, at: clock() };
      this.#retire();
      throw error;
    } finally {
      this.#opening = undefined;
    }
  }

  #retire(): void {
    const old = this.#newest;
    this.#newest = undefined;
    if (old === undefined) return;
    old.retired = true;
    if (old.users === 0) this.#close(old);
  }

  #close(reading: Reading<T>): void {
    if (reading.closed) return;
    reading.closed = true;
    const closed = reading.value.close().catch(() => undefined);
    this.#closing = Promise.all([this.#closing, closed]).then(() => undefined);
  }

  #renew(): Promise<Reading<T>> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #current(): Promise<Reading<T>> {
    const now = this.#settings.clock();
    if (this.#opening !== undefined) return this.#opening;
    if (this.#newest !== undefined && since(this.#newest.at, now) < READING_AGE)
      return this.#newest;
    if (this.#failure !== undefined && since(this.#failure.at, now) < AFTER_FAILURE) {
      throw this.#failure.error;
    }
    return this.#renew();
  }

  /** Runs work under the newest reading, which stays open until the work ends. @throws the error of a reading that failed */
  async use<R>(work: (value: T) => Promise<R> | R): Promise<R> {
    const reading = await this.#current();
    reading.users += 1;
    this.#used.add(reading);
    try {
      return await work(reading.value);
    } finally {
      reading.users -= 1;
      if (reading.users === 0) this.#used.delete(reading);
      if (reading.retired && reading.users === 0) this.#close(reading);
    }
  }

  /** Reads all anew. A reading that has already begun is not enough. */
  async reload(): Promise<void> {
    await this.#opening?.catch(() => undefined);
    await this.#renew();
  }

  /** Makes the next question read all anew, because something in the reading has failed. */
  distrust(): void {
    this.#retire();
  }

  /** Makes the next use read all anew, unless the reading is younger than a second. Returns whether it will. */
  outdate(): boolean {
    const newest = this.#newest;
    if (newest !== undefined && since(newest.at, this.#settings.clock()) < AFTER_FAILURE)
      return false;
    this.#retire();
    return true;
  }

  /** Closes the reading with this value although work is done under it, because that work does not end. */
  abandon(value: T): void {
    for (const reading of this.#used) {
      if (reading.value !== value) continue;
      if (reading === this.#newest) this.#retire();
      this.#close(reading);
    }
  }

  /** Resolves when every reading is closed that no question uses. */
  async close(): Promise<void> {
    this.#retire();
    await this.#closing;
  }
}
