import { describe, expect, it } from 'vitest';
import type { LoginTokens } from '../../../src/agent/daemon/backend.ts';
import { Credentials, type SigningClient } from '../../../src/agent/daemon/credentials.ts';
import { ChannelEnded } from '../../../src/agent/wire/channel.ts';
import { Unreached } from '../../../src/agent/wire/failure.ts';
import type { RequestNetwork } from '../../../src/agent/wire/request-network.ts';
import { expectationOf } from '../../../src/core/expectation.ts';
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

const loginOf = (name: string, refresh = false): LoginTokens => ({
  token: new Secret(name),
  ...(refresh ? { refreshToken: new Secret(`refresh ${name}`) } : {}),
});

const nobody: SigningClient = {
  network: DIRECT,
  login: () => Promise.reject(new Error('nobody is to be asked')),
};

function held(): { backend: PaperBackend; credentials: Credentials } {
  const backend = paperBackend();
  return { backend, credentials: new Credentials(backend) };
}

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';

describe('flights', () => {
  it('D18 of many signers at once one logs in, and all share it', async () => {
    const { backend, credentials } = held();
    const people = Array.from({ length: 20 }, () => person(ALICE));
    const all = await Promise.all(people.map((each) => credentials.use('', each)));
    expect(people.reduce((sum, { asked }) => sum + asked, 0)).toBe(1);
    expect(backend.obtained).toEqual([ALICE]);
    expect(new Set(all).size).toBe(1);
    expect(credentials.list()).toMatchObject([{ identity: ALICE, signatures: 20, renewals: 0 }]);
  });

  it('D18 a failure is shared by those that wait, and the next one may try again', async () => {
    const { credentials } = held();
    let asked = 0;
    const failing: SigningClient = {
      network: DIRECT,
      login: async () => {
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 10));
        throw new LoginError('LOGIN_TIMEOUT', 'nobody came');
      },
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => credentials.use('', failing)));
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(asked).toBe(1);
    expect((await credentials.use('', person(ALICE))).signer.value).toBe(ALICE);
  });

  it.each([
    ['has died', new ChannelEnded('the client has gone')],
    ['has nobody to ask', new LoginError('LOGIN_NO_TERMINAL', 'no terminal')],
  ])('D18 O14 a holder that %s passes the flight on', async (_name, error) => {
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

  it('D18 two identities fly apart', async () => {
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
  it('D09 a credential is bound to what the certificate says, not to what a client does', async () => {
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

  it('D10 another identity is a miss; one that was verified serves whoever expects it', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE));
    expect((await credentials.use(ALICE, nobody)).signer.value).toBe(ALICE);
    expect((await credentials.use(BOB, person(BOB))).signer.value).toBe(BOB);
    // nobody in particular is not whoever happens to be there
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    expect(backend.obtained).toEqual([ALICE, BOB]);
    const other = held();
    await other.credentials.use(BOB, person(BOB));
    expect((await other.credentials.use('', person(ALICE))).signer.value).toBe(ALICE);
  });

  it('D10 a lapsed login under no name does not let another account sign for a name', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.clock += 700;
    backend.refresh = () => Promise.reject(new LoginError('LOGIN_FAILED', 'withdrawn'));
    await expect(credentials.use(ALICE, person(BOB))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(backend.obtained).toEqual([ALICE]);
  });

  it('D10 a renewal does not change who signs', async () => {
    const { backend, credentials } = held();
    await credentials.use('', person(ALICE, true));
    backend.clock += 700;
    backend.refresh = () => Promise.resolve(loginOf(BOB, true));
    const again = person(ALICE);
    expect((await credentials.use('', again)).signer.value).toBe(ALICE);
    expect(again.asked).toBe(1);
  });

  it('G14 where the committer must match, a person is known by address and a workload by name', async () => {
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
  ])('D11 of %i seconds the last ones are not used', async (lifetime, still, over) => {
    const { backend, credentials } = held();
    backend.lifetime = lifetime;
    await credentials.use('', person(ALICE));
    backend.clock += still;
    await credentials.use('', nobody);
    backend.clock += over - still;
    const again = person(ALICE);
    await credentials.use('', again);
    expect(again.asked).toBe(1);
  });

  it('D11 it is renewed before that, beside a signature, without a person', async () => {
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

  it('D11 a renewal that nobody answers is no reason to ask a person, nor to fail while there is time', async () => {
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

  it('D20 after a sleep, or with the clock set back, what is over is dropped', async () => {
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

  it('D20 D12 forgotten is forgotten, and its refresh token with it', async () => {
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

  it('D20 a login or renewal that was under way when all was forgotten is not kept', async () => {
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

  it('D20 an offered login that was under way when all was forgotten is not kept', async () => {
    const { backend, credentials } = held();
    const offered = credentials.offer('', loginOf(ALICE, true), DIRECT);
    await credentials.forget();
    await expect(offered).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    expect([credentials.size, backend.kept.size]).toEqual([0, 0]);
    await credentials.offer('', loginOf(ALICE, true), DIRECT);
    expect([credentials.size, backend.kept.size]).toEqual([1, 1]);
  });

  it('D20 all are dropped at once, however long the keyring takes, and the last word to it stays', async () => {
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

  it('D19 what a keyring keeps is tried first; where it is of no use a person is asked', async () => {
    const { backend, credentials } = held();
    backend.kept.set('', `refresh ${ALICE}`);
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    const other = held();
    other.backend.kept.set('', 'stale');
    const asked = person(ALICE);
    await other.credentials.use('', asked);
    expect([asked.asked, other.backend.kept.size]).toEqual([1, 0]);
  });

  it('D19 two agents of one login take turns: the token that the other one left is tried', async () => {
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
  it('D12 a rotated token outlives a certificate authority that fails once', async () => {
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

  it('D12 also where only the keyring knew it', async () => {
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
    'D09 one that %s after somebody else has logged in changes nothing of theirs',
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

  it('D18 beside a signature they keep nobody waiting', async () => {
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
  it('D11 is remembered of what was being signed with, also when it was dropped meanwhile', async () => {
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

  it('D11 comes no later by a clock that was set back', async () => {
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

describe('networks (D21)', () => {
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

  it('a login is renewed by its own network, whichever repository asks for a signature', async () => {
    const { backend, credentials } = held();
    await credentials.use('', by(ONE));
    backend.clock += 590;
    backend.through.length = 0;
    await credentials.use('', by(TWO));
    expect(renewals(backend)).toEqual([ONE, ONE]);
  });

  it('or by one that the person’s own configuration names, and from then on by that', async () => {
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

  it('what a keyring keeps is shown to no repository’s network', async () => {
    const { backend, credentials } = held();
    backend.kept.set('', `refresh ${ALICE}`);
    await credentials.use('', by(TWO));
    expect(renewals(backend)).toEqual([undefined, undefined]);
  });

  it('where its network is out of reach, a person is asked by the one that asks; the same one is a failure', async () => {
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

  it('a failure of one network is none for those that wait with another', async () => {
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
