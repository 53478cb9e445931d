import { describe, expect, it } from 'vitest';
import { LoginError, ServiceError } from '../../../src/errors.ts';
import { Credentials } from '../../../src/io/agent/credentials.ts';
import { expectationOf } from '../../../src/io/agent/expectation.ts';
import { type Holder, HolderGone } from '../../../src/io/agent/holder.ts';
import type { Login } from '../../../src/io/agent/workshop.ts';
import { Secret } from '../../../src/io/secret.ts';
import { PAYLOAD, type PaperWorkshop, paperWorkshop } from '../../support/agent.ts';

interface Person extends Holder {
  asked: number;
}

function person(name: string, refresh = false): Person {
  const self: Person = {
    asked: 0,
    login: async () => {
      self.asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
      return loginOf(name, refresh);
    },
  };
  return self;
}

const loginOf = (name: string, refresh = false): Login => ({
  token: new Secret(name),
  ...(refresh ? { refreshToken: new Secret(`refresh ${name}`) } : {}),
});

const nobody: Holder = { login: () => Promise.reject(new Error('nobody is to be asked')) };

function held(): { workshop: PaperWorkshop; credentials: Credentials } {
  const workshop = paperWorkshop();
  return { workshop, credentials: new Credentials(workshop) };
}

const ALICE = 'alice@example.test';
const BOB = 'bob@example.test';

describe('flights', () => {
  it('D18 of many signers at once one logs in, and all share it', async () => {
    const { workshop, credentials } = held();
    const people = Array.from({ length: 20 }, () => person(ALICE));
    const all = await Promise.all(people.map((each) => credentials.use('', each)));
    expect(people.reduce((sum, { asked }) => sum + asked, 0)).toBe(1);
    expect(workshop.obtained).toEqual([ALICE]);
    expect(new Set(all).size).toBe(1);
    expect(credentials.list()).toMatchObject([{ identity: ALICE, signatures: 20, renewals: 0 }]);
  });

  it('D18 a failure is shared by those that wait, and the next one may try again', async () => {
    const { credentials } = held();
    let asked = 0;
    const failing: Holder = {
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
    ['has died', new HolderGone()],
    ['has nobody to ask', new LoginError('LOGIN_NO_TERMINAL', 'no terminal')],
  ])('D18 O14 a holder that %s passes the flight on', async (_name, error) => {
    const { workshop, credentials } = held();
    const gone: Holder = {
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
    expect(workshop.obtained).toEqual([ALICE]);
  });

  it('D18 two identities fly apart', async () => {
    const { workshop, credentials } = held();
    const [a, b] = await Promise.all([
      credentials.use(ALICE, person(ALICE)),
      credentials.use(BOB, person(BOB)),
    ]);
    expect([a.signer.value, b.signer.value]).toEqual([ALICE, BOB]);
    expect(workshop.obtained.toSorted()).toEqual([ALICE, BOB]);
  });
});

describe('identity', () => {
  it('D09 a credential is bound to what the certificate says, not to what a client does', async () => {
    const { workshop, credentials } = held();
    await expect(credentials.use(ALICE, person(BOB))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
      exitCode: 4,
    });
    // refused before the CA hears of it
    expect(workshop.obtained).toEqual([]);
    workshop.certified = BOB;
    await expect(credentials.offer(ALICE, loginOf(ALICE))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(credentials.list()).toEqual([]);
  });

  it('D10 another identity is a miss; one that was verified serves whoever expects it', async () => {
    const { workshop, credentials } = held();
    await credentials.use('', person(ALICE));
    expect((await credentials.use(ALICE, nobody)).signer.value).toBe(ALICE);
    expect((await credentials.use(BOB, person(BOB))).signer.value).toBe(BOB);
    // nobody in particular is not whoever happens to be there
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    expect(workshop.obtained).toEqual([ALICE, BOB]);
    const other = held();
    await other.credentials.use(BOB, person(BOB));
    expect((await other.credentials.use('', person(ALICE))).signer.value).toBe(ALICE);
  });

  it('D10 a lapsed login under no name does not let another account sign for a name', async () => {
    const { workshop, credentials } = held();
    await credentials.use('', person(ALICE, true));
    workshop.clock += 700;
    workshop.refresh = () => Promise.reject(new LoginError('LOGIN_FAILED', 'withdrawn'));
    await expect(credentials.use(ALICE, person(BOB))).rejects.toMatchObject({
      code: 'IDENTITY_UNEXPECTED',
    });
    expect(workshop.obtained).toEqual([ALICE]);
  });

  it('D10 a renewal does not change who signs', async () => {
    const { workshop, credentials } = held();
    await credentials.use('', person(ALICE, true));
    workshop.clock += 700;
    workshop.refresh = () => Promise.resolve(loginOf(BOB, true));
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
    expect(expectationOf({ matchCommitter: true, identity: ALICE }, PAYLOAD)).toBe(ALICE);
    expect(expectationOf({ matchCommitter: false }, PAYLOAD)).toBe('');
  });
});

describe('time', () => {
  it.each([
    [600, 539, 541],
    [20, 15, 17],
  ])('D11 of %i seconds the last ones are not used', async (lifetime, still, over) => {
    const { workshop, credentials } = held();
    workshop.lifetime = lifetime;
    await credentials.use('', person(ALICE));
    workshop.clock += still;
    await credentials.use('', nobody);
    workshop.clock += over - still;
    const again = person(ALICE);
    await credentials.use('', again);
    expect(again.asked).toBe(1);
  });

  it('D11 it is renewed before that, beside a signature, without a person', async () => {
    const { workshop, credentials } = held();
    workshop.lifetime = 20;
    await credentials.use('', person(ALICE, true));
    for (let second = 0; second < 200; second += 2) {
      workshop.clock += 2;
      expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
    expect(credentials.list()).toMatchObject([{ signatures: 101, renewable: true }]);
    const [status] = credentials.list();
    expect(status?.renewals).toBe(workshop.refreshed.length);
    expect(status?.renewals).toBeGreaterThanOrEqual(11);
    expect(status?.renewals).toBeLessThanOrEqual(20);
  });

  it('D11 a renewal that nobody answers is no reason to ask a person, nor to fail while there is time', async () => {
    const { workshop, credentials } = held();
    await credentials.use('', person(ALICE, true));
    workshop.refresh = () => Promise.reject(new ServiceError('SERVICE_UNREACHABLE', 'silent'));
    workshop.clock += 500;
    await credentials.use('', nobody);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await credentials.use('', nobody);
    workshop.clock += 200;
    await expect(credentials.use('', nobody)).rejects.toMatchObject({
      code: 'SERVICE_UNREACHABLE',
    });
  });

  it('D20 after a sleep, or with the clock set back, what is over is dropped', async () => {
    const { workshop, credentials } = held();
    await credentials.use('', person(ALICE));
    credentials.sweep();
    expect(credentials.live).toBe(true);
    workshop.clock -= 3600;
    credentials.sweep();
    expect([credentials.live, credentials.size]).toEqual([false, 0]);
    workshop.clock += 3600;
    await credentials.use('', person(ALICE, true));
    workshop.clock += 8 * 3600;
    credentials.sweep();
    expect([credentials.live, credentials.size]).toEqual([false, 1]);
  });

  it('D20 D12 forgotten is forgotten, and its refresh token with it', async () => {
    const { workshop, credentials } = held();
    const token = new Secret(`refresh ${ALICE}`);
    await credentials.offer('', { token: new Secret(ALICE), refreshToken: token });
    await credentials.use(BOB, person(BOB, true));
    expect([...workshop.kept.keys()].toSorted()).toEqual(['', BOB]);
    expect(await credentials.forget(BOB)).toBe(1);
    expect(await credentials.forget('')).toBe(1);
    expect([token.reveal(), workshop.kept.size, credentials.size]).toEqual(['', 0, 0]);
    expect(await credentials.forget()).toBe(0);
  });

  it('D20 a login or renewal that was under way when all was forgotten is not kept', async () => {
    const { workshop, credentials } = held();
    const first = credentials.use('', person(ALICE, true));
    await credentials.forget();
    await expect(first).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
    expect([credentials.size, workshop.kept.size]).toEqual([0, 0]);
    await credentials.use('', person(ALICE, true));
    workshop.clock += 500;
    await credentials.use('', nobody);
    await credentials.forget('');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([credentials.size, workshop.kept.size]).toEqual([0, 0]);
    await credentials.use('', person(ALICE));
  });

  it('D19 what a keyring keeps is tried first; where it is of no use a person is asked', async () => {
    const { workshop, credentials } = held();
    workshop.kept.set('', `refresh ${ALICE}`);
    expect((await credentials.use('', nobody)).signer.value).toBe(ALICE);
    const other = held();
    other.workshop.kept.set('', 'stale');
    const asked = person(ALICE);
    await other.credentials.use('', asked);
    expect([asked.asked, other.workshop.kept.size]).toEqual([1, 0]);
  });
});
