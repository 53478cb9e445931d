/**
 * The logins that an agent holds. Each is kept under the expectation that it was made for, and is in one of five states:
 *
 * | state      | certificate      | under way          | what a signer gets, and sets off                  |
 * | ---------- | ---------------- | ------------------ | ------------------------------------------------- |
 * | `absent`   | none that serves | nothing            | waits, and a renewal or its own login begins      |
 * | `pending`  | none that serves | a login or renewal | waits for what is under way (D18)                 |
 * | `valid`    | serves           | nothing            | signs                                             |
 * | `due`      | ends soon        | nothing            | signs, and a renewal begins beside it             |
 * | `renewing` | serves           | a login or renewal | signs                                             |
 *
 * Success leads to `valid`. Failure leads back to `absent` or `due`. Logout leads to `absent` from every state, and what was under
 * way is not kept (D20). Time leads from `valid` to `due` to `absent`, and from `renewing` to `pending`: a certificate
 * serves only while a margin of its life is left (D11). Every certificate is for the identity that is in it, whatever a
 * client says (D09).
 */

import { ANYBODY, acceptExpected, acceptSigner, signerMeets } from '../../core/expected-account.ts';
import type { Signer } from '../../core/verdict.ts';
import { isSignetError, LoginError } from '../../errors.ts';
import type { Secret } from '../../system/secret.ts';
import { ChannelEnded } from '../wire/channel.ts';
import { Unreached } from '../wire/failure.ts';
import type { CredentialStatus } from '../wire/protocol.ts';
import { type NetworkOrOwn, sameNetwork } from '../wire/request-network.ts';
import type { AgentBackend, RenewableToken } from './backend.ts';
import {
  inOrder,
  isLoginRefusal,
  marginOf,
  remaining,
  renewalNetwork,
  renewedLogin,
  type TimedCredential,
} from './renewal.ts';

export type LoginState = 'absent' | 'pending' | 'valid' | 'due' | 'renewing';

/** A client that waits for a signature, and logs in if the agent tells it to. */
export interface SigningClient {
  /** What it reaches servers through. */
  readonly network: NetworkOrOwn;
  /** @throws ChannelEnded if the client has gone, and what its login failed with */
  readonly login: () => Promise<RenewableToken>;
}

/** What a login left. The credential goes at its end, the rest stays for renewing it. */
interface KeptLogin {
  credential: TimedCredential | undefined;
  refreshToken: Secret | undefined;
  /** The network of the login. The agent renews the login there, and through no network that a repository names (D21). */
  readonly network: NetworkOrOwn;
  readonly signer: Signer;
  renewals: number;
  signatures: number;
}

/** All that there is under one expectation. */
interface Entry {
  readonly expected: string;
  kept: KeptLogin | undefined;
  /** The login or renewal that signers wait for: one at a time. Never rejects. */
  pending: Promise<LoginOutcome> | undefined;
  /** How many logins and renewals will end in this entry. */
  underWay: number;
  /** True after a logout: nothing is kept here any more, and another entry may have taken the place. */
  loggedOut: boolean;
}

/** `passed`: there was nothing to renew with, and no client that could log in. The next signer may try. */
type LoginOutcome = 'made' | 'passed' | { readonly error: unknown; readonly network: NetworkOrOwn };

const MAX_LOGINS = 64;

export class Credentials {
  readonly #backend: AgentBackend;
  readonly #remember: AgentBackend['remember'];
  readonly #entries = new Map<string, Entry>();

  constructor(backend: AgentBackend) {
    this.#backend = backend;
    this.#remember = inOrder(backend.remember);
  }

  /** Returns a credential that meets the expectation and has time left. @throws what the login failed with */
  async use(expected: string, client: SigningClient): Promise<TimedCredential> {
    const { network } = client;
    let ownOnly = false;
    for (;;) {
      const entry: Entry =
        (ownOnly ? this.#own(expected) : this.#serving(expected)) ?? this.#entryOf(expected);
      const state = this.#stateOf(entry);
      if (state === 'due') void this.#begin(entry, network, undefined);
      const { kept } = entry;
      if (kept?.credential !== undefined && state !== 'absent' && state !== 'pending') {
        kept.signatures += 1;
        return kept.credential;
      }
      const own = entry.expected === expected;
      const outcome = await (entry.pending ??
        this.#begin(entry, network, own ? client : undefined));
      if (typeof outcome === 'object' && concerns(outcome, network)) throw outcome.error;
      // a login that was made for another expectation, and that cannot be renewed now
      ownOnly ||= outcome === 'passed' && !own;
    }
  }

  /** Keeps a login that was made beforehand. @throws LoginError, ServiceError, AnswerError */
  async offer(
    expected: string,
    tokens: RenewableToken,
    network: NetworkOrOwn,
  ): Promise<CredentialStatus> {
    const entry = this.#entryOf(expected);
    return statusOf(expected, await this.#during(entry, () => this.#take(entry, tokens, network)));
  }

  /** Logs out of one expectation, or of all (`undefined`), in the keyring too. Returns how many logins there were. */
  async forget(expected?: string): Promise<number> {
    const entries = [...this.#entries.values()].filter(
      (entry) => expected === undefined || entry.expected === expected,
    );
    const count = entries.filter(({ kept }) => kept !== undefined).length;
    for (const entry of entries) {
      entry.loggedOut = true;
      this.#entries.delete(entry.expected);
      this.#drop(entry);
    }
    await Promise.all(entries.map((entry) => this.#remember(entry.expected, undefined)));
    return count;
  }

  /** Drops everything in memory. What the keyring keeps stays there. */
  close(): void {
    for (const entry of [...this.#entries.values()]) this.#drop(entry);
  }

  /** Drops what is over by the wall clock, also after a sleep of the machine or a change of its clock. */
  sweep(): void {
    for (const [entry, kept] of this.#logins()) {
      if (kept.credential !== undefined && this.lapsed(kept.credential))
        kept.credential = undefined;
      if (kept.credential === undefined && kept.refreshToken === undefined) this.#drop(entry);
    }
  }

  /** Returns true once a certificate is over: the log may have received late what was signed with it. */
  lapsed(credential: TimedCredential): boolean {
    return remaining(credential, this.#backend.now()) <= 0;
  }

  /** Returns what a signer with this expectation would find. */
  state(expected: string): LoginState {
    const entry = this.#serving(expected);
    return entry === undefined ? 'absent' : this.#stateOf(entry);
  }

  /** Returns true while a certificate lives that was there at a time (milliseconds of `performance.now`). */
  livesSince(then: number): boolean {
    return this.#logins().some(
      ([, { credential }]) => credential !== undefined && credential.started <= then,
    );
  }

  get size(): number {
    return this.#logins().length;
  }

  list(): readonly CredentialStatus[] {
    return this.#logins().map(([{ expected }, kept]) => statusOf(expected, kept));
  }

  #logins(): readonly (readonly [Entry, KeptLogin])[] {
    return [...this.#entries.values()].flatMap((entry) =>
      entry.kept === undefined ? [] : [[entry, entry.kept] as const],
    );
  }

  #stateOf({ kept, pending }: Entry): LoginState {
    const credential = kept?.credential;
    const left = credential === undefined ? 0 : remaining(credential, this.#backend.now());
    const margin = credential === undefined ? 0 : marginOf(credential);
    if (left <= margin) return pending === undefined ? 'absent' : 'pending';
    if (pending !== undefined) return 'renewing';
    return left <= 2 * margin && kept?.refreshToken !== undefined ? 'due' : 'valid';
  }

  /** Returns the expectation's own entry, else one that serves or can be renewed, and whose verified identity meets it. */
  #serving(expected: string): Entry | undefined {
    const own = this.#own(expected);
    if (own !== undefined || expected === ANYBODY) return own;
    const serves = (entry: Entry, kept: KeptLogin): boolean =>
      kept.refreshToken !== undefined || ['valid', 'renewing'].includes(this.#stateOf(entry));
    const other = this.#logins().find(
      ([entry, kept]) => serves(entry, kept) && signerMeets(expected, kept.signer),
    );
    return other?.[0];
  }

  #own(expected: string): Entry | undefined {
    const own = this.#entries.get(expected);
    return own?.kept !== undefined || own?.pending !== undefined ? own : undefined;
  }

  #entryOf(expected: string): Entry {
    const entry = this.#entries.get(expected) ?? {
      ...{ expected, kept: undefined, pending: undefined, underWay: 0, loggedOut: false },
    };
    this.#entries.set(expected, entry);
    return entry;
  }

  /** Runs a login or renewal. Until it ends, logging out reaches its entry (D20). */
  async #during<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    entry.underWay += 1;
    try {
      return await work();
    } finally {
      entry.underWay -= 1;
      this.#removeEmpty(entry);
    }
  }

  #removeEmpty({ expected, kept, pending, underWay, loggedOut }: Entry): void {
    const empty = kept === undefined && pending === undefined && underWay === 0;
    if (empty && !loggedOut) this.#entries.delete(expected);
  }

  /**
   * Begins a renewal, or else the login of `client`. It gets every error. Those that wait get
   * only an error that is theirs too, and else try in their turn (D18). Never rejects.
   */
  async #begin(
    entry: Entry,
    network: NetworkOrOwn,
    client: SigningClient | undefined,
  ): Promise<LoginOutcome> {
    const own = this.#during(entry, () => this.#renewOrLogIn(entry, network, client)).catch(
      (error: unknown) => ({ error, network }),
    );
    entry.pending = own.then((outcome) => {
      entry.pending = undefined;
      this.#removeEmpty(entry);
      return typeof outcome === 'object' && isOfClient(outcome.error) ? 'passed' : outcome;
    });
    await entry.pending;
    return own;
  }

  async #renewOrLogIn(
    entry: Entry,
    network: NetworkOrOwn,
    client: SigningClient | undefined,
  ): Promise<LoginOutcome> {
    const renewed = await this.#renew(entry, network);
    if (entry.loggedOut) throw loggedOut();
    if (renewed) return 'made';
    if (client === undefined) return 'passed';
    await this.#take(entry, await client.login(), network);
    return 'made';
  }

  /**
   * Renews a login without a person. Returns false if a person has to log in. Returns true also if a login or logout came
   * in between, because that one holds (D09). @throws ServiceError when a server does not answer
   */
  async #renew(entry: Entry, asked: NetworkOrOwn): Promise<boolean> {
    const { expected, kept } = entry;
    const network = renewalNetwork(kept?.network, asked);
    const overtaken = (): boolean => entry.loggedOut || entry.kept !== kept;
    const keep = async (token: Secret | undefined): Promise<void> => {
      if (overtaken()) return;
      if (kept !== undefined) {
        kept.refreshToken?.forget();
        kept.refreshToken = token;
      }
      await this.#remember(expected, token);
    };
    try {
      const login = await renewedLogin({
        token: kept?.refreshToken,
        refresh: (token) => this.#backend.refresh(token, network),
        recall: () => this.#backend.recall(expected),
        ...{ keep, overtaken },
      });
      if (overtaken()) return true;
      if (login === undefined) {
        if (kept !== undefined) kept.refreshToken = undefined;
        return false;
      }
      const credential = await this.#obtain(expected, login.token, network, kept?.signer.value);
      if (overtaken()) return true;
      const { refreshToken } = login;
      this.#keep(entry, { credential, refreshToken, network }).renewals += 1;
      return true;
    } catch (error) {
      // through the network of the client that asks, a person may be able to log in
      if (error instanceof Unreached && !sameNetwork(network, asked)) return false;
      if (!isLoginRefusal(error)) throw error;
      // the token is for an account that may not sign here
      await keep(undefined);
      return false;
    }
  }

  /** Gets a credential for a token, and keeps it. @throws LoginError, ServiceError, AnswerError */
  async #take(
    entry: Entry,
    { token, refreshToken }: RenewableToken,
    network: NetworkOrOwn,
  ): Promise<KeptLogin> {
    const credential = await this.#obtain(entry.expected, token, network);
    if (entry.loggedOut) throw loggedOut();
    const kept = this.#keep(entry, { credential, refreshToken, network });
    if (refreshToken !== undefined) await this.#remember(entry.expected, refreshToken);
    return kept;
  }

  /** Gets a certificate for an account that is expected. `account`: for this very account only. @throws as #take */
  async #obtain(
    expected: string,
    token: Secret,
    network: NetworkOrOwn,
    account = ANYBODY,
  ): Promise<TimedCredential> {
    const since = this.#backend.now();
    const claims = this.#backend.readToken(token);
    acceptExpected(expected, claims);
    const credential = await this.#backend.obtain({ token, claims }, expected, network);
    acceptSigner(expected, credential.signer);
    acceptSigner(account, credential.signer);
    return { ...credential, since, started: performance.now() };
  }

  /** Keeps a login in place of the one before. The same account goes on counting, and may be renewed as before. */
  #keep(
    entry: Entry,
    login: Pick<KeptLogin, 'refreshToken' | 'network'> & { readonly credential: TimedCredential },
  ): KeptLogin {
    const { refreshToken, network, credential } = login;
    const { signer } = credential;
    const before = entry.kept;
    const sameSigner =
      before?.signer.value === signer.value && before.signer.issuer === signer.issuer;
    const same = sameSigner ? before : undefined;
    const kept: KeptLogin = {
      credential,
      refreshToken: refreshToken ?? same?.refreshToken,
      network: refreshToken === undefined && same !== undefined ? same.network : network,
      signer,
      renewals: same?.renewals ?? 0,
      signatures: same?.signatures ?? 0,
    };
    if (before?.refreshToken !== kept.refreshToken) before?.refreshToken?.forget();
    const [oldest] = this.#logins().filter(([each]) => each !== entry);
    if (oldest !== undefined && this.size >= MAX_LOGINS) this.#drop(oldest[0]);
    entry.kept = kept;
    return kept;
  }

  #drop(entry: Entry): void {
    entry.kept?.refreshToken?.forget();
    entry.kept = undefined;
    this.#removeEmpty(entry);
  }
}

function loggedOut(): LoginError {
  return new LoginError('LOGIN_REFUSED', 'logged out meanwhile');
}

/** Returns true for an error that says nothing about what the next client could do. */
function isOfClient(error: unknown): boolean {
  const noTerminal = isSignetError(error) && error.code === 'LOGIN_NO_TERMINAL';
  return error instanceof ChannelEnded || noTerminal;
}

/** Returns false for a server that only another network does not reach (D21). */
function concerns({ error, network }: Exclude<LoginOutcome, string>, own: NetworkOrOwn): boolean {
  const unreached = isSignetError(error) && error.code === 'SERVICE_UNREACHABLE';
  return !unreached || sameNetwork(network, own);
}

/** What may be told of a login. */
function statusOf(expected: string, kept: KeptLogin): CredentialStatus {
  const { credential, refreshToken, signer, renewals, signatures } = kept;
  return {
    expected,
    identity: signer.value,
    issuer: signer.issuer,
    notAfter: credential?.certificate.notAfter ?? 0,
    renewals,
    renewable: refreshToken !== undefined,
    signatures,
  };
}
