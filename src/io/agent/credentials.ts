/**
 * The credentials that an agent holds, each under the expectation it was made for. One login at a time for each: the
 * first signer is told to log in and holds the flight, the others wait and share its credential or its failure, and a
 * holder that dies passes it on (threat D18). A credential is used only with a margin left (D11), is renewed without a
 * person where a refresh token is at hand, and is dropped at its end (D20). What is kept is bound to the identity in
 * the certificate, whatever a client says (D09).
 */

import { isSignetError, LoginError } from '../../errors.ts';
import type { Credential } from '../credential.ts';
import type { Secret } from '../secret.ts';
import { ANYBODY, claimsMeet, signerMeets, unexpected } from './expectation.ts';
import { type Held, margin, remaining } from './held.ts';
import { type Holder, isHoldersOwn } from './holder.ts';
import type { CredentialStatus } from './protocol.ts';
import type { Login, Workshop } from './workshop.ts';

/** What is kept under one expectation; `held` goes at its end, the rest stays for renewing it. */
interface Slot {
  held: Held | undefined;
  refreshToken: Secret | undefined;
  /** Who signs with it: the same for ever. */
  identity: { readonly value: string; readonly kind: Credential['signer']['kind'] } | undefined;
  issuer: string;
  renewals: number;
  signatures: number;
}

type Outcome =
  | { readonly kind: 'made' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'passed' };

const MAX_SLOTS = 64;

export class Credentials {
  readonly #workshop: Workshop;
  readonly #slots = new Map<string, Slot>();
  readonly #flights = new Map<string, Promise<Outcome>>();
  /** Forgotten while a login or renewal was under way: what comes of it is not kept. */
  readonly #forgotten = new Set<string>();

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
  }

  /** A credential that meets the expectation and has time left. @throws what the login failed with, or HolderGone */
  async use(expected: string, holder: Holder): Promise<Credential> {
    for (;;) {
      const key = this.#keyFor(expected);
      const slot = this.#slots.get(key);
      const usable = slot === undefined ? undefined : this.#usable(slot);
      if (slot !== undefined && usable !== undefined) {
        this.#renewSoon(key, slot, usable);
        slot.signatures += 1;
        return usable.credential;
      }
      const outcome = await (this.#flights.get(key) ??
        this.#fly(key, () => this.#renewOrLogin(key, key === expected ? holder : undefined)));
      if (outcome.kind === 'failed') throw outcome.error;
    }
  }

  /** Keeps a login that was made beforehand. @throws LoginError, ServiceError, AnswerError */
  async offer(expected: string, login: Login): Promise<CredentialStatus> {
    return this.#status(expected, await this.#take(expected, login));
  }

  /** Drops one, or all (`undefined`); how many there were. Kept refresh tokens go too. */
  async forget(expected?: string): Promise<number> {
    const keys = [...this.#slots.keys()].filter(
      (key) => expected === undefined || key === expected,
    );
    for (const key of this.#flights.keys()) {
      if (expected === undefined || key === expected) this.#forgotten.add(key);
    }
    for (const key of keys) {
      this.#drop(key);
      await this.#workshop.remember(key, undefined);
    }
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
    const held = [...this.#slots.values()].find(
      (slot) => slot.held?.credential === credential,
    )?.held;
    return held !== undefined && remaining(held, this.#workshop.now()) <= 0;
  }

  /** True while somebody else's login, or a renewal, is under way for it. */
  busy(expected: string): boolean {
    return this.#flights.has(this.#keyFor(expected));
  }

  /** True while a certificate lives. */
  get live(): boolean {
    return [...this.#slots.values()].some(({ held }) => held !== undefined);
  }

  get size(): number {
    return this.#slots.size;
  }

  list(): readonly CredentialStatus[] {
    return [...this.#slots].map(([key, slot]) => this.#status(key, slot));
  }

  #status(expected: string, slot: Slot): CredentialStatus {
    return {
      expected,
      identity: slot.identity?.value ?? '',
      issuer: slot.issuer,
      notAfter: slot.held?.credential.certificate.notAfter ?? 0,
      renewals: slot.renewals,
      renewable: slot.refreshToken !== undefined,
      signatures: slot.signatures,
    };
  }

  /** Its own slot, else one that serves or can be renewed, and whose verified identity is the expected one. */
  #keyFor(expected: string): string {
    const own = this.#slots.has(expected) || this.#flights.has(expected);
    if (expected === ANYBODY || own) return expected;
    for (const [key, slot] of this.#slots) {
      const serves = slot.refreshToken !== undefined || this.#usable(slot) !== undefined;
      if (serves && slot.identity !== undefined && signerMeets(expected, slot.identity)) return key;
    }
    return expected;
  }

  #usable({ held }: Slot): Held | undefined {
    if (held === undefined) return undefined;
    return remaining(held, this.#workshop.now()) > margin(held) ? held : undefined;
  }

  /** In the last stretch before the margin a renewal starts beside the signature, so that nobody waits for it. */
  #renewSoon(key: string, slot: Slot, held: Held): void {
    const left = remaining(held, this.#workshop.now());
    if (slot.refreshToken === undefined || left > 2 * margin(held) || this.#flights.has(key))
      return;
    this.#fly(key, () => this.#renewOrLogin(key, undefined)).catch(() => undefined);
  }

  /** `passed` where there is nothing to renew with and nobody to log in. */
  async #renewOrLogin(key: string, holder: Holder | undefined): Promise<Outcome> {
    if (await this.#renew(key, this.#slots.get(key))) return { kind: 'made' };
    if (holder === undefined) return { kind: 'passed' };
    await this.#take(key, await holder.login());
    return { kind: 'made' };
  }

  /** The holder hears what happened; those that wait hear of a failure only if it is one for them as well. */
  async #fly(key: string, work: () => Promise<Outcome>): Promise<Outcome> {
    const own = work().catch((error): Outcome => ({ kind: 'failed', error }));
    const shared = own.then((outcome): Outcome => {
      this.#flights.delete(key);
      this.#forgotten.delete(key);
      const holdersOwn = outcome.kind === 'failed' && isHoldersOwn(outcome.error);
      return holdersOwn ? { kind: 'passed' } : outcome;
    });
    this.#flights.set(key, shared);
    await shared;
    return own;
  }

  /** Without a person; false where that cannot be: then a person is asked. @throws ServiceError when nobody answers */
  async #renew(key: string, slot: Slot | undefined): Promise<boolean> {
    const refreshToken = slot?.refreshToken ?? (await this.#workshop.recall(key));
    if (refreshToken === undefined) return false;
    try {
      const login = await this.#workshop.refresh(refreshToken);
      // issuers that do not rotate it give none back
      const kept = { token: login.token, refreshToken: login.refreshToken ?? refreshToken };
      const renewed = await this.#take(key, kept, slot?.identity?.value);
      renewed.renewals += 1;
      return true;
    } catch (error) {
      if (!isSignetError(error) || error.exitCode !== 4) throw error;
      // the issuer takes this token no more: it goes, and a person is asked
      if (slot !== undefined) slot.refreshToken = undefined;
      await this.#workshop.remember(key, undefined);
      return false;
    }
  }

  /** From a token to a credential that is kept. @throws LoginError, ServiceError, AnswerError */
  async #take(key: string, { token, refreshToken }: Login, mustBe?: string): Promise<Slot> {
    const since = this.#workshop.now();
    const claims = this.#workshop.readToken(token);
    if (!claimsMeet(key, claims)) throw unexpected(claims.names[0] ?? claims.challenge, key);
    const before = this.#slots.get(key);
    const credential = await this.#workshop.obtain(token, claims, key);
    const { value, kind, issuer } = credential.signer;
    if (this.#forgotten.delete(key)) throw new LoginError('LOGIN_REFUSED', 'logged out meanwhile');
    if (!signerMeets(key, credential.signer)) throw unexpected(value, key);
    if (mustBe !== undefined && value !== mustBe) throw unexpected(value, mustBe);
    const same = before?.identity?.value === value && before.issuer === issuer;
    const slot: Slot = {
      held: { credential, since },
      refreshToken: refreshToken ?? (same ? before.refreshToken : undefined),
      identity: { value, kind },
      issuer,
      renewals: same ? before.renewals : 0,
      signatures: same ? before.signatures : 0,
    };
    if (before?.refreshToken !== slot.refreshToken) before?.refreshToken?.forget();
    this.#makeRoom(key);
    this.#slots.set(key, slot);
    if (refreshToken !== undefined) await this.#workshop.remember(key, refreshToken);
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
