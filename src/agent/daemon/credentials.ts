/**
 * The credentials that an agent holds, each under the expectation it was made for. One login at a time for each: the first
 * signer is told to log in and holds the flight, the others share its credential or its failure, and a holder that dies
 * passes it on (threat D18). A credential is used with a margin left (D11), is renewed without a person where a refresh
 * token is at hand, and is dropped at its end (D20). It is bound to the identity in the certificate, whatever a client says (D09).
 */

import { ANYBODY, signerMeets } from '../../core/expectation.ts';
import { LoginError } from '../../errors.ts';
import type { Credential } from '../../signing/credential.ts';
import type { Secret } from '../../system/secret.ts';
import { Unreached } from '../wire/failure.ts';
import type { CredentialStatus } from '../wire/protocol.ts';
import { sameNetwork } from '../wire/request-network.ts';
import { Flights, type Outcome } from './flights.ts';
import { type Held, heldFrom, margin, remaining } from './held.ts';
import type { Holder } from './holder.ts';
import { obtainFor } from './obtaining.ts';
import { inOrder, isLoginRefusal, renewalNetwork, renewedLogin } from './renewal.ts';
import { type Slot, slotAfter, statusOf } from './slot.ts';
import { type Work, Works } from './works.ts';
import type { Login, Network, Workshop } from './workshop.ts';

const MAX_SLOTS = 64;

function loggedOut(): LoginError {
  return new LoginError('LOGIN_REFUSED', 'logged out meanwhile');
}

export class Credentials {
  readonly #workshop: Workshop;
  readonly #slots = new Map<string, Slot>();
  readonly #works = new Works();
  readonly #flights = new Flights(this.#works);
  readonly #keep: Workshop['remember'];
  readonly #held = new WeakMap<Credential, Held>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
    this.#keep = inOrder(workshop.remember);
  }

  /** A credential that meets the expectation and has time left. @throws what the login failed with, or HolderGone */
  async use(expected: string, holder: Holder): Promise<Credential> {
    for (;;) {
      const key = this.#keyFor(expected);
      const slot = this.#slots.get(key);
      const usable = slot === undefined ? undefined : this.#usable(slot);
      if (slot !== undefined && usable !== undefined) {
        this.#renewSoon(key, slot, usable, holder.network);
        slot.signatures += 1;
        return usable.credential;
      }
      const { network } = holder;
      const logsIn = key === expected ? holder : undefined;
      await this.#flights.join(key, network, (work) => this.#renewOrLogin(work, network, logsIn));
    }
  }

  /** Keeps a login that was made beforehand. @throws LoginError, ServiceError, AnswerError */
  async offer(expected: string, login: Login, network: Network): Promise<CredentialStatus> {
    const slot = await this.#works.during(expected, (work) => this.#take(work, login, network));
    return statusOf(expected, slot);
  }

  /** Drops one, or all (`undefined`); how many there were. Kept refresh tokens go too. */
  async forget(expected?: string): Promise<number> {
    const concerned = (key: string): boolean => expected === undefined || key === expected;
    const keys = [...this.#slots.keys()].filter(concerned);
    const kept = new Set([...keys, ...this.#works.forget(concerned)]);
    for (const key of keys) this.#drop(key);
    await Promise.all([...kept].map((key) => this.#keep(key, undefined)));
    return keys.length;
  }

  /** Drops everything that is in memory; what the keyring keeps stays there. */
  close(): void {
    for (const key of [...this.#slots.keys()]) this.#drop(key);
  }

  /** Drops what is over by the wall clock, also after a suspend or a clock that was set. */
  sweep(): void {
    const now = this.#workshop.now();
    for (const [key, slot] of this.#slots) {
      if (slot.held !== undefined && remaining(slot.held, now) <= 0) slot.held = undefined;
      if (slot.held === undefined && slot.refreshToken === undefined) this.#drop(key);
    }
  }

  /** True when its time has run out: what was made with it meanwhile may have been logged too late. */
  lapsed(credential: Credential): boolean {
    const held = this.#held.get(credential);
    return held !== undefined && remaining(held, this.#workshop.now()) <= 0;
  }

  /** True while a signer would have to wait for somebody else's login, or a renewal. */
  busy(expected: string): boolean {
    const key = this.#keyFor(expected);
    const slot = this.#slots.get(key);
    return this.#flights.has(key) && (slot === undefined || this.#usable(slot) === undefined);
  }

  /** True while a certificate lives that was there by then (milliseconds of `performance.now`). */
  livesSince(then: number): boolean {
    return [...this.#slots.values()].some(({ held }) => held !== undefined && held.started <= then);
  }

  get size(): number {
    return this.#slots.size;
  }

  list(): readonly CredentialStatus[] {
    return [...this.#slots].map(([key, slot]) => statusOf(key, slot));
  }

  /** Its own slot, else one that serves or can be renewed, and whose verified identity is the expected one. */
  #keyFor(expected: string): string {
    const own = this.#slots.has(expected) || this.#flights.has(expected);
    if (expected === ANYBODY || own) return expected;
    for (const [key, slot] of this.#slots) {
      const serves = slot.refreshToken !== undefined || this.#usable(slot) !== undefined;
      if (serves && signerMeets(expected, slot.identity)) return key;
    }
    return expected;
  }

  #usable({ held }: Slot): Held | undefined {
    if (held === undefined) return undefined;
    return remaining(held, this.#workshop.now()) > margin(held) ? held : undefined;
  }

  /** In the last stretch before the margin a renewal starts beside the signature, so that nobody waits for it. */
  #renewSoon(key: string, slot: Slot, held: Held, network: Network): void {
    const left = remaining(held, this.#workshop.now());
    if (slot.refreshToken === undefined || left > 2 * margin(held) || this.#flights.has(key))
      return;
    this.#flights
      .join(key, network, (work) => this.#renewOrLogin(work, network, undefined))
      .catch(() => undefined);
  }

  /** `passed` where there is nothing to renew with and nobody to log in. */
  async #renewOrLogin(work: Work, network: Network, holder: Holder | undefined): Promise<Outcome> {
    const renewed = await this.#renew(work, this.#slots.get(work.key), network);
    if (work.forgotten) throw loggedOut();
    if (renewed) return { kind: 'made' };
    if (holder === undefined) return { kind: 'passed' };
    await this.#take(work, await holder.login(), network);
    return { kind: 'made' };
  }

  /**
   * Without a person; false where that cannot be: then a person is asked. True also where somebody logged in or out
   * meanwhile: what they did holds (threat D09). @throws ServiceError when nobody answers
   */
  async #renew(work: Work, slot: Slot | undefined, asked: Network): Promise<boolean> {
    const { key } = work;
    const network = renewalNetwork(slot?.network, asked);
    const overtaken = (): boolean => work.forgotten || this.#slots.get(key) !== slot;
    const keep = (token: Secret | undefined): Promise<void> => {
      if (slot !== undefined) {
        slot.refreshToken?.forget();
        slot.refreshToken = token;
      }
      return this.#keep(key, token);
    };
    const renewing = renewedLogin({
      token: slot?.refreshToken,
      refresh: (token) => this.#workshop.refresh(token, network),
      recall: () => this.#workshop.recall(key),
      ...{ keep, overtaken },
    });
    // where the login's own network is out of reach, a person may log in by the one that is asked for
    const elsewhere = !sameNetwork(network, asked);
    const login = await renewing.catch((error: unknown) => {
      if (elsewhere && error instanceof Unreached) return 'unreached' as const;
      throw error;
    });
    if (login === 'unreached') return false;
    if (overtaken()) return true;
    if (login === undefined) {
      if (slot !== undefined) slot.refreshToken = undefined;
      return false;
    }
    const since = this.#workshop.now();
    try {
      const credential = await obtainFor(this.#workshop, {
        ...{ expected: key, token: login.token, network, mustBe: slot?.identity.value },
      });
      if (overtaken()) return true;
      const renewed = { refreshToken: login.refreshToken, network };
      this.#place(key, heldFrom(credential, since), renewed).renewals += 1;
      return true;
    } catch (error) {
      if (!isLoginRefusal(error)) throw error;
      // a token that leads to nobody who may sign here is of no use again
      if (!overtaken()) await keep(undefined);
      return false;
    }
  }

  /** From a token to a credential that is kept. @throws LoginError, ServiceError, AnswerError */
  async #take(work: Work, { token, refreshToken }: Login, network: Network): Promise<Slot> {
    const { key } = work;
    const since = this.#workshop.now();
    const credential = await obtainFor(this.#workshop, { expected: key, token, network });
    if (work.forgotten) throw loggedOut();
    const slot = this.#place(key, heldFrom(credential, since), { refreshToken, network });
    if (refreshToken !== undefined) await this.#keep(key, refreshToken);
    return slot;
  }

  #place(key: string, held: Held, kept: Pick<Slot, 'refreshToken' | 'network'>): Slot {
    const before = this.#slots.get(key);
    const slot = slotAfter(before, held, kept);
    if (before?.refreshToken !== slot.refreshToken) before?.refreshToken?.forget();
    this.#makeRoom(key);
    this.#slots.set(key, slot);
    this.#held.set(held.credential, held);
    return slot;
  }

  #makeRoom(key: string): void {
    const oldest = [...this.#slots.keys()].find((each) => each !== key);
    if (this.#slots.size >= MAX_SLOTS && oldest !== undefined) this.#drop(oldest);
  }

  #drop(key: string): void {
    const slot = this.#slots.get(key);
    this.#slots.delete(key);
    if (slot === undefined) return;
    slot.held = undefined;
    slot.refreshToken?.forget();
    slot.refreshToken = undefined;
  }
}
