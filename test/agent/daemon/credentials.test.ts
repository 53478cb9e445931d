import { describe, expect, it } from 'vitest';
import type { RenewableToken } from '../../../src/agent/daemon/backend.ts';
import { Credentials, type SigningClient } from '../../../src/agent/daemon/credentials.ts';
import { ChannelEnded } from '../../../src/agent/wire/channel.ts';
import { Unreached } from '../../../src/agent/wire/failure.ts';
import type { RequestNetwork } from '../../../src/agent/wire/request-network.ts';
import { expectationOf } from '../../../src/core/expected-account.ts';
import { LoginError, ServiceError } from '../../../src/errors.ts';
import { Secret } from '../../../src/system/secret.ts';
import { DIRECT, PAYLOAD, type PaperBackend, paperBackend } from '../../support/agent.ts';

interface Person extends SigningClient {
  asked: number;
}

function person(name: string, refresh = false): Person {
  const self: Person = {
    asked: 0,
    network: DIRECT,
    login: async () => {
      self.asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return loginOf(name, refresh);
    },
  };
  return self;
}

const loginOf = (name: string, refresh = false): RenewableToken => ({
  token: new Secret(name),
  ...(refresh ? { refreshToken: new Secret(`refresh ${name}`) } : {}),
});

const nobody: SigningClient = {
  network: DIRECT,
  login: () => Promise.reject(new Error('no question is allowed')),
};

function held(): { backend: PaperBackend; credentials: Credentials } {
  const backend = paperBackend();
  return { backend, credentials: new Credentials(backend) };
}

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';

describe('a login that several signers need', () => {
  it('of many signers at once one logs in, and all use its login (D18)', async () => {
    const { backend, credentials } = held();
    const people = Array.from({ length: 20 }, () => person(ALICE));
    const all = await Promise.all(people.map((each) => credentials.use('', each)));
    expect(people.reduce((sum, { asked }) => sum + asked, 0)).toBe(1);
    expect(backend.obtained).toEqual([ALICE]);
    expect(new Set(all).size).toBe(1);
    expect(credentials.list()).toMatchObject([{ identity: ALICE, signatures: 20, renewals: 0 }]);
  });

  it('a failed login fails for all that wait for it, and the next signer may try again (D18)', async () => {
    const { credentials } = held();
    let asked = 0;
    const failing: SigningClient = {
      network: DIRECT,
      login: async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw new LoginError('LOGIN_TIMEOUT', 'no answer came');
      },
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => credentials.use('', failing)));
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(asked).toBe(1);
    expect((await credentials.use('', person(ALICE))).signer.value).toBe(ALICE);
  });

  it.each([
    ['dies', new ChannelEnded('the client has gone')],
    ['has no terminal', new LoginError('LOGIN_NO_TERMINAL', 'no terminal')],
  ])('if the client that logs in %s, the next one logs in (D18 O14)', async (_name, error) => {
    const { backend, credentials } = held();
    const gone: SigningClient = {
      network: DIRECT,
      login: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw error;
      },
    };
    const first = credentials.use('', gone);
    const others = [person(ALICE), person(ALICE), person(ALICE)];
    const rest = others.map((each) => credentials.use('', each));
    await expect(first).rejects.toBe(error);
    expect((await Promise.all(rest)).map(({ signer }) => signer.value)).toEqual([
      ALICE,
      ALICE,
      ALICE,
    ]);
    expect(others.reduce((sum, { asked }) => sum + asked, 0)).toBe(1);
    expect(backend.obtained).toEqual([ALICE]);
  });

  it('two identities log in at the same time, each once (D18)', async () => {
    const { backend, credentials } = held();
    const [a, b] = await Promise.all([
      credentials.use(ALICE, person(ALICE)),
      credentials.use(BOB, person(BOB)),
    ]);
    expect([a.signer.value, b.signer.value]).toEqual([ALICE, BOB]);
    expect(backend.obtained.toSorted()).toEqual([ALICE, BOB]);
  });
});

describe('identity', () => {
  it('a login is for the identity in its certificate, not for the one that a client names (D09)', async () => {
    const { backend, credentials } = held();
    await expect(credentials.use(ALICE, person(BOB))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
      exitCode: 4,
    });
    // refused before the CA hears of it
    expect(backend.obtained).toEqual([]);
    backend.certified = BOB;
    await expect(credentials.offer(ALICE, loginOf(ALICE), DIRECT)).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(credentials.list()).toEqual([]);
  });

  it('a login serves every signer that expects its verified identity, and no other signer (D10)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE));
    expect((await credentials.use(ALICE, nobody)).signer.value).toBe(ALICE);
    expect((await credentials.use(BOB, person(BOB))).signer.value).toBe(BOB);
    // an empty expectation does not mean every login that is there
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    expect(backend.obtained).toEqual([ALICE, BOB]);
    const other = held();
    await other.credentials.use(BOB, person(BOB));
    expect((await other.credentials.use('', person(ALICE))).signer.value).toBe(ALICE);
  });

  it('another account cannot sign for the identity of a login that is over (D10)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.clock += 700;
    backend.refresh = () => Promise.reject(new LoginError('LOGIN_FAILED', 'withdrawn'));
    await expect(credentials.use(ALICE, person(BOB))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(backend.obtained).toEqual([ALICE]);
  });

  it('a renewal that brings another account is not used (D10)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.clock += 700;
    backend.refresh = () => Promise.resolve(loginOf(BOB, true));
    const again = person(ALICE);
    expect((await credentials.use('', again)).signer.value).toBe(ALICE);
    expect(again.asked).toBe(1);
  });

  it('an expected committer is compared by e-mail address for a person, and by name for a workload (G14)', async () => {
    const expected = expectationOf({ matchCommitter: true }, PAYLOAD);
    expect(expected).toBe('a <a@x.test>');
    const { credentials } = held();
    expect((await credentials.use(expected, person('a@x.test'))).signer.value).toBe('a@x.test');
    await expect(credentials.use('b <b@x.test>', person('a@x.test'))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(expectationOf({ matchCommitter: false }, PAYLOAD)).toBe('');
  });

  it('an account that is the identity and not the committer gets no certificate (D26)', async () => {
    const { backend, credentials } = held();
    await expect(
      credentials.use(`${ALICE}\nAlice <a@x.test>`, person(ALICE)),
    ).rejects.toMatchObject({ code: 'IDENTITY_UNEXPECTED' });
    expect(backend.obtained).toEqual([]);
    const both = `${ALICE}\nAlice <${ALICE}>`;
    expect((await credentials.use(both, person(ALICE))).signer.value).toBe(ALICE);
  });
});

describe('time', () => {
  it.each([
    [600, 539, 541],
    [20, 15, 17],
  ])(
    'a certificate of %i s is not used in the last part of its life (D11)',
    async (lifetime, still, over) => {
      const { backend, credentials } = held();
      backend.lifetime = lifetime;
      await credentials.use('', person(ALICE));
      backend.clock += still;
      await credentials.use('', nobody);
      backend.clock += over - still;
      const again = person(ALICE);
      await credentials.use('', again);
      expect(again.asked).toBe(1);
    },
  );

  it('a login is renewed in time, beside a signature and without a person (D11)', async () => {
    const { backend, credentials } = held();
    backend.lifetime = 20;
    await credentials.use('', person(ALICE, true));
    for (let second = 0; second < 200; second += 2) {
      backend.clock += 2;
      expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
    expect(credentials.list()).toMatchObject([{ signatures: 101, renewable: true }]);
    const [status] = credentials.list();
    expect(status?.renewals).toBe(backend.refreshed.length);
    expect(status?.renewals).toBeGreaterThanOrEqual(11);
    expect(status?.renewals).toBeLessThanOrEqual(20);
  });

  it('if the issuer does not answer a renewal, no person is asked, and signing goes on while there is time (D11)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.refresh = () => Promise.reject(new ServiceError('SERVICE_UNREACHABLE', 'silent'));
    backend.clock += 500;
    await credentials.use('', nobody);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await credentials.use('', nobody);
    backend.clock += 200;
    await expect(credentials.use('', nobody)).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
  });

  it('a login that is over is dropped after a sleep, and after the clock was set back (D20)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE));
    credentials.sweep();
    expect(credentials.livesSince(performance.now())).toBe(true);
    backend.clock -= 3600;
    credentials.sweep();
    expect([credentials.livesSince(performance.now()), credentials.size]).toEqual([false, 0]);
    backend.clock += 3600;
    await credentials.use('', person(ALICE, true));
    backend.clock += 8 * 3600;
    credentials.sweep();
    expect([credentials.livesSince(performance.now()), credentials.size]).toEqual([false, 1]);
  });

  it('a logout deletes the login and its refresh token (D12 D20)', async () => {
    const { backend, credentials } = held();
    const token = new Secret(`refresh ${ALICE}`);
    await credentials.offer('', { token: new Secret(ALICE), refreshToken: token }, DIRECT);
    await credentials.use(BOB, person(BOB, true));
    expect([...backend.kept.keys()].toSorted()).toEqual(['', BOB]);
    expect(await credentials.forget(BOB)).toBe(1);
    expect(await credentials.forget('')).toBe(1);
    expect([token.reveal(), backend.kept.size, credentials.size]).toEqual(['', 0, 0]);
    expect(await credentials.forget()).toBe(0);
  });

  it('a login or renewal that is under way at a logout is not kept (D20)', async () => {
    const { backend, credentials } = held();
    const first = credentials.use('', person(ALICE, true));
    await credentials.forget();
    await expect(first).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    expect([credentials.size, backend.kept.size]).toEqual([0, 0]);
    await credentials.use('', person(ALICE, true));
    backend.clock += 500;
    await credentials.use('', nobody);
    await credentials.forget('');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([credentials.size, backend.kept.size]).toEqual([0, 0]);
    await credentials.use('', person(ALICE));
  });

  it('an offered login that is under way at a logout is not kept (D20)', async () => {
    const { backend, credentials } = held();
    const offered = credentials.offer('', loginOf(ALICE, true), DIRECT);
    await credentials.forget();
    await expect(offered).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    expect([credentials.size, backend.kept.size]).toEqual([0, 0]);
    await credentials.offer('', loginOf(ALICE, true), DIRECT);
    expect([credentials.size, backend.kept.size]).toEqual([1, 1]);
  });

  it('a logout takes effect at once although the keyring is slow, and its deletions come last (D20)', async () => {
    const { backend, credentials } = held();
    for (const name of [ALICE, BOB]) await credentials.offer(name, loginOf(name, true), DIRECT);
    const { remember } = backend;
    let under = 0;
    let most = 0;
    backend.remember = async (key, token) => {
      under += 1;
      most = Math.max(most, under);
      // what keeps takes longer than what deletes
      await new Promise((resolve) => setTimeout(resolve, token === undefined ? 5 : 20));
      await remember(key, token);
      under -= 1;
    };
    const slow = new Credentials(backend);
    const both = [ALICE, BOB].map((name) => slow.offer(name, loginOf(name, true), DIRECT));
    await new Promise((resolve) => setTimeout(resolve, 12));
    const forgetting = slow.forget();
    expect(slow.size).toBe(0);
    expect(await forgetting).toBe(2);
    await Promise.all(both);
    expect([backend.kept.size, most]).toEqual([0, 2]);
  });

  it('a login in the keyring is tried first, and a person is asked only if it is of no use (D19)', async () => {
    const { backend, credentials } = held();
    backend.kept.set('', `refresh ${ALICE}`);
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    const other = held();
    other.backend.kept.set('', 'stale');
    const asked = person(ALICE);
    await other.credentials.use('', asked);
    expect([asked.asked, other.backend.kept.size]).toEqual([1, 0]);
  });

  it('of two agents with one login each goes on with the token that the other one left (D19)', async () => {
    const { backend, credentials: first } = held();
    const second = new Credentials(backend);
    rotating(backend);
    await first.use('', person(ALICE, true));
    expect((await second.use('', nobody)).signer.value).toBe(ALICE);
    backend.clock += 700;
    await second.use('', nobody);
    await first.use('', nobody);
    expect(backend.kept.size).toBe(1);
    backend.kept.set('', 'withdrawn');
    backend.clock += 700;
    const asked = person(ALICE);
    await second.use('', asked);
    // its own and the kept one were tried, once each
    expect([asked.asked, backend.refreshed.at(-1)]).toEqual([1, 'withdrawn']);
    expect(backend.kept.size).toBe(0);
  });
});

/** Each refresh token serves once. */
function rotating(backend: PaperBackend): void {
  const spent = new Set<string>();
  let count = 0;
  backend.refresh = async (token) => {
    const text = token.reveal();
    backend.refreshed.push(text);
    const [, name] = /^refresh (\S+)/.exec(text) ?? [];
    if (name === undefined || spent.has(text)) throw new LoginError('LOGIN_FAILED', 'withdrawn');
    spent.add(text);
    count += 1;
    return { token: new Secret(name), refreshToken: new Secret(`refresh ${name} ${count}`) };
  };
}

describe('renewals', () => {
  it('a rotated token is kept although the certificate authority fails (D12)', async () => {
    const { backend, credentials } = held();
    rotating(backend);
    await credentials.use('', person(ALICE, true));
    const { obtain } = backend;
    backend.obtain = () => Promise.reject(new ServiceError('SERVICE_UNREACHABLE', 'silent'));
    backend.clock += 700;
    await expect(credentials.use('', nobody)).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
    expect(backend.kept.get('')).toBe(`refresh ${ALICE} 1`);
    backend.obtain = obtain;
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    expect(backend.refreshed).toEqual([`refresh ${ALICE}`, `refresh ${ALICE} 1`]);
  });

  it('a rotated token from the keyring is kept although the certificate authority fails (D12)', async () => {
    const { backend, credentials } = held();
    rotating(backend);
    backend.kept.set('', `refresh ${ALICE}`);
    backend.obtain = () => Promise.reject(new ServiceError('SERVICE_UNREACHABLE', 'silent'));
    await expect(credentials.use('', nobody)).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
    expect(backend.kept.get('')).toBe(`refresh ${ALICE} 1`);
  });

  it.each(['succeeds', 'is refused'])(
    'a renewal that %s after another account has logged in changes nothing of the new login (D09)',
    async (how) => {
      const { backend, credentials } = held();
      await credentials.use('', person(ALICE, true));
      let go = (): void => undefined;
      const waiting = new Promise<void>((resolve) => {
        go = resolve;
      });
      const { refresh } = backend;
      backend.refresh = async (token) => {
        await waiting;
        if (how === 'is refused') throw new LoginError('LOGIN_FAILED', 'withdrawn');
        return refresh(token, DIRECT);
      };
      backend.clock += 500;
      await credentials.use('', nobody);
      expect(await credentials.offer('', loginOf(BOB, true), DIRECT)).toMatchObject({
        identity: BOB,
      });
      go();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect((await credentials.use('', nobody)).signer.value).toBe(BOB);
      expect(backend.kept.get('')).toBe(`refresh ${BOB}`);
      expect(credentials.list()).toMatchObject([{ identity: BOB, renewals: 0 }]);
    },
  );

  it('no signer waits for a renewal beside a valid certificate (D18)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.refresh = () => new Promise(() => undefined);
    backend.clock += 500;
    await credentials.use('', nobody);
    expect(credentials.state('')).toBe('renewing');
    backend.clock += 200;
    expect(credentials.state('')).toBe('pending');
  });
});

describe('the end of a certificate', () => {
  it('a certificate that ran out during a signature is known to be over, although it was dropped (D11)', async () => {
    const { backend, credentials } = held();
    const used = await credentials.use('', person(ALICE));
    expect(credentials.lapsed(used)).toBe(false);
    backend.clock += 601;
    credentials.sweep();
    expect([credentials.livesSince(performance.now()), credentials.lapsed(used)]).toEqual([
      false,
      true,
    ]);
  });

  it('a clock that is set back does not make a certificate live longer (D11)', async () => {
    const { backend, credentials } = held();
    backend.lifetime = 0.2;
    backend.clock += 400;
    const used = await credentials.offer('', loginOf(ALICE), DIRECT);
    expect(used).toMatchObject({ identity: ALICE });
    backend.clock -= 4;
    expect(credentials.livesSince(performance.now())).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 250));
    credentials.sweep();
    expect(credentials.livesSince(performance.now())).toBe(false);
  });
});

describe('networks', () => {
  const ofRepository = (name: string): RequestNetwork => ({
    variables: { SIGNET_PROXY: `http://${name}.example` },
    logins: [],
    ofRepository: true,
  });
  const [ONE, TWO] = [ofRepository('one'), ofRepository('two')];
  const by = (network: RequestNetwork | undefined, name = ALICE): Person =>
    Object.assign(person(name, true), { network });
  const renewals = (backend: PaperBackend) =>
    backend.through.flatMap(([what, network]) => (what === 'sign' ? [] : [network]));

  it('a login is renewed by its own network although another repository asks for a signature (D21)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', by(ONE));
    backend.clock += 590;
    backend.through.length = 0;
    await credentials.use('', by(TWO));
    expect(renewals(backend)).toEqual([ONE, ONE]);
  });

  it('a network of the user’s own configuration renews a login, and then stays with it (D21)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', by(ONE));
    for (const [asked, used] of [
      [DIRECT, DIRECT],
      [TWO, DIRECT],
    ]) {
      backend.clock += 590;
      backend.through.length = 0;
      await credentials.use('', by(asked));
      expect(renewals(backend)).toEqual([used, used]);
    }
  });

  it('a login from the keyring never goes to a repository’s network (D21)', async () => {
    const { backend, credentials } = held();
    backend.kept.set('', `refresh ${ALICE}`);
    await credentials.use('', by(TWO));
    expect(renewals(backend)).toEqual([undefined, undefined]);
  });

  it('if a login’s network is out of reach, a signer with another network logs in, and one with the same network fails (D21)', async () => {
    const { backend, credentials } = held();
    await credentials.use('', by(ONE));
    const { refresh } = backend;
    backend.refresh = async (token, network) => {
      if (network !== ONE) return refresh(token, network);
      throw new Unreached('network', 'the issuer could not be reached');
    };
    backend.clock += 590;
    const same = by(ONE);
    await expect(credentials.use('', same)).rejects.toMatchObject({ lack: 'network' });
    const other = by(TWO);
    await credentials.use('', other);
    expect([same.asked, other.asked]).toEqual([0, 1]);
  });

  it('a failure of one network is not told to signers with another network (D21)', async () => {
    const { backend, credentials } = held();
    const { obtain } = backend;
    backend.obtain = async (login, expected, network) => {
      if (network !== ONE) return obtain(login, expected, network);
      throw new Unreached('network', 'the CA could not be reached');
    };
    const people = [by(ONE), by(ONE), by(TWO), by(TWO)];
    const all = await Promise.allSettled(people.map((each) => credentials.use('', each)));
    expect(all.map(({ status }) => status)).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(people.map(({ asked }) => asked)).toEqual([1, 0, 1, 0]);
  });
});
