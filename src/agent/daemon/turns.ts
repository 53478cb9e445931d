/**
 * How many signatures are made at a time. The others wait for their turn, on connections that stay open: a client that was
 * cut off would ask its person to log in (threat D23). No more are begun than the agent has connections to one server, so
 * that no request's deadline runs while it waits for another's connection.
 */

import { MAX_SOCKETS } from './warm-http.ts';

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number = MAX_SOCKETS) {
    this.#free = limit;
  }

  /** Runs the work when it is its turn. @throws what the work throws */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // whoever is next takes this one's place
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
