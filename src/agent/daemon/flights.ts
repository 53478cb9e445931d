/**
 * One login at a time under each key: whoever comes first makes it, and the others share what comes of it, unless that is
 * a matter of the first one only (threat D18).
 */

import { isSignetError } from '../../errors.ts';
import { sameNetwork } from '../wire/request-network.ts';
import { isHoldersOwn } from './holder.ts';
import type { Work, Works } from './works.ts';
import type { Network } from './workshop.ts';

export type Outcome =
  | { readonly kind: 'made' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly network: Network }
  | { readonly kind: 'passed' };

export class Flights {
  readonly #works: Works;
  readonly #under = new Map<string, Promise<Outcome>>();

  constructor(works: Works) {
    this.#works = works;
  }

  has(key: string): boolean {
    return this.#under.has(key);
  }

  /**
   * Settles when the flight that is under way has ended, or else this one, which does `work` by `network`. Whoever joined may
   * then look for a credential, or try. @throws what the flight failed with, where that concerns this one too
   */
  async join(key: string, network: Network, work: (work: Work) => Promise<Outcome>): Promise<void> {
    const outcome = await (this.#under.get(key) ?? this.#begin(key, network, work));
    if (outcome.kind === 'failed' && !isOfOtherNetwork(outcome, network)) throw outcome.error;
  }

  /** The holder hears what happened; those that wait hear of a failure only if it is one for them as well. */
  async #begin(
    key: string,
    network: Network,
    work: (work: Work) => Promise<Outcome>,
  ): Promise<Outcome> {
    const own = this.#works
      .during(key, work)
      .catch((error): Outcome => ({ kind: 'failed', error, network }));
    const shared = own.then((outcome): Outcome => {
      this.#under.delete(key);
      const holdersOwn = outcome.kind === 'failed' && isHoldersOwn(outcome.error);
      return holdersOwn ? { kind: 'passed' } : outcome;
    });
    this.#under.set(key, shared);
    await shared;
    return own;
  }
}

/** A server that one network does not reach may be reached by another (threat D21). */
function isOfOtherNetwork(
  { error, network }: Extract<Outcome, { readonly kind: 'failed' }>,
  own: Network,
): boolean {
  const unreached = isSignetError(error) && error.code === 'SERVICE_UNREACHABLE';
  return unreached && !sameNetwork(network, own);
}
