/** The states that a login goes through in the agent: what leads from one to another, and who signs meanwhile. */

import { expect, it } from 'vitest';
import type { RenewableToken } from '../../../src/agent/daemon/backend.ts';
import {
  Credentials,
  type LoginState,
  type SigningClient,
} from '../../../src/agent/daemon/credentials.ts';
import { ServiceError } from '../../../src/errors.ts';
import { Secret } from '../../../src/system/secret.ts';
import { DIRECT, type PaperBackend, paperBackend } from '../../support/agent.ts';

const ALICE = 'alice@example.test';

const tokens = (): RenewableToken => ({
  token: new Secret(ALICE),
  refreshToken: new Secret(`refresh ${ALICE}`),
});

/** A login whose certificate lives for 600 s, and that ends when the test says so. */
interface Scene {
  readonly backend: PaperBackend;
  readonly credentials: Credentials;
  readonly answer: PromiseWithResolvers<void>;
  /** What signers got: true once for each signature. */
  readonly signed: boolean[];
  /** Logins that a client was told to make, and renewals that were begun. */
  begun: number;
}

function scene(): Scene {
  const backend = paperBackend();
  const answer = Promise.withResolvers<void>();
  answer.promise.catch(() => undefined);
  const self: Scene = {
    ...{ backend, answer, signed: [], begun: 0 },
    credentials: new Credentials(backend),
  };
  const { refresh } = backend;
  backend.refresh = async (token, network) => {
    self.begun += 1;
    await answer.promise;
    return refresh(token, network);
  };
  return self;
}

const client = (self: Scene): SigningClient => ({
  network: DIRECT,
  login: async () => {
    self.begun += 1;
    await self.answer.promise;
    return tokens();
  },
});

/** Lets everything happen that waits for nothing but the paper backend. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));

const EVENTS = {
  'a signer comes': async (self: Scene) => {
    const use = self.credentials.use('', client(self));
    use.then(() => self.signed.push(true)).catch(() => undefined);
    await settled();
  },
  'the login or renewal succeeds': async ({ answer }: Scene) => {
    answer.resolve();
    await settled();
  },
  'the login or renewal fails': async ({ answer }: Scene) => {
    answer.reject(new ServiceError('SERVICE_UNREACHABLE', 'silent'));
    await settled();
  },
  'a login is offered': async ({ credentials }: Scene) => {
    await credentials.offer('', tokens(), DIRECT);
  },
  'a logout comes': async ({ credentials }: Scene) => {
    await credentials.forget('');
  },
  'the end comes near': async ({ backend }: Scene) => {
    backend.clock += 490;
  },
  'the margin is reached': async ({ backend }: Scene) => {
    backend.clock += 60;
  },
} as const;
type Event = keyof typeof EVENTS;

const TO_DUE: readonly Event[] = ['a login is offered', 'the end comes near'];
/** How each state is reached. */
const WAY: Readonly<Record<LoginState, readonly Event[]>> = {
  absent: [],
  pending: ['a signer comes'],
  valid: ['a login is offered'],
  due: TO_DUE,
  renewing: [...TO_DUE, 'a signer comes'],
};

/** Behind the states: how many logins and renewals the event begins, and how many signers get a signature by it. */
const TRANSITIONS: readonly (readonly [LoginState, Event, LoginState, number, number])[] = [
  ['absent', 'a signer comes', 'pending', 1, 0],
  ['absent', 'a login is offered', 'valid', 0, 0],
  ['absent', 'a logout comes', 'absent', 0, 0],
  ['pending', 'a signer comes', 'pending', 0, 0],
  ['pending', 'the login or renewal succeeds', 'valid', 0, 1],
  ['pending', 'the login or renewal fails', 'absent', 0, 0],
  ['pending', 'a login is offered', 'renewing', 0, 0],
  ['pending', 'a logout comes', 'absent', 0, 0],
  ['valid', 'a signer comes', 'valid', 0, 1],
  ['valid', 'the end comes near', 'due', 0, 0],
  ['valid', 'a logout comes', 'absent', 0, 0],
  ['due', 'a signer comes', 'renewing', 1, 1],
  ['due', 'the margin is reached', 'absent', 0, 0],
  ['due', 'a login is offered', 'valid', 0, 0],
  ['due', 'a logout comes', 'absent', 0, 0],
  ['renewing', 'a signer comes', 'renewing', 0, 1],
  ['renewing', 'the login or renewal succeeds', 'valid', 0, 0],
  ['renewing', 'the login or renewal fails', 'due', 0, 0],
  ['renewing', 'the margin is reached', 'pending', 0, 0],
  ['renewing', 'a logout comes', 'absent', 0, 0],
];

it.each(TRANSITIONS)('a login that is %s when %s becomes %s (D18)', async (...row) => {
  const [from, event, to, begins, signs] = row;
  const self = scene();
  for (const each of WAY[from]) await EVENTS[each](self);
  expect(self.credentials.state('')).toBe(from);
  const before = [self.begun, self.signed.length] as const;
  await EVENTS[event](self);
  expect(self.credentials.state('')).toBe(to);
  expect([self.begun - before[0], self.signed.length - before[1]]).toEqual([begins, signs]);
});

it.each(['pending', 'renewing'] as const)(
  'a login that was %s at a logout leaves nothing (D20)',
  async (from) => {
    const self = scene();
    for (const each of [...WAY[from], 'a logout comes', 'the login or renewal succeeds'] as const) {
      await EVENTS[each](self);
    }
    const { credentials, backend } = self;
    expect([credentials.state(''), credentials.size, backend.kept.size]).toEqual(['absent', 0, 0]);
  },
);

it('a signer that comes after a logout does not wait for the login before it (D20)', async () => {
  const self = scene();
  await EVENTS['a signer comes'](self);
  await EVENTS['a logout comes'](self);
  const other: SigningClient = { network: DIRECT, login: () => Promise.resolve(tokens()) };
  expect((await self.credentials.use('', other)).signer.value).toBe(ALICE);
  // and what that one comes to in the end takes nothing from the new one
  await EVENTS['the login or renewal succeeds'](self);
  expect([self.credentials.size, self.backend.kept.size]).toEqual([1, 1]);
});

it.each(['issuer', 'certificate authority'] as const)(
  'a login kept under another name whose network no longer reaches the %s is made anew, and not tried without end (D21)',
  async (server) => {
    const { Unreached } = await import('../../../src/agent/wire/failure.ts');
    const backend = paperBackend();
    const credentials = new Credentials(backend);
    const network = {
      variables: { SIGNET_PROXY: 'http://one.example' },
      logins: [],
      ofRepository: true,
    };
    await credentials.use('', { network, login: () => Promise.resolve(tokens()) });
    backend.clock += 590;
    let tried = 0;
    const [name, plain] =
      server === 'issuer'
        ? (['refresh', backend.refresh] as const)
        : (['obtain', backend.obtain] as const);
    const lost = async (...given: readonly unknown[]): Promise<unknown> => {
      if (given.at(-1) !== network)
        return (plain as (...all: readonly unknown[]) => unknown)(...given);
      tried += 1;
      if (tried > 5) throw new Error('tried without end');
      throw new Unreached('network', 'it could not be reached');
    };
    Object.assign(backend, { [name]: lost });
    const other: SigningClient = { network: DIRECT, login: () => Promise.resolve(tokens()) };
    const asked = { ...other, network: { ...network, variables: {} } };
    expect((await credentials.use(ALICE, asked)).signer.value).toBe(ALICE);
    expect([tried, credentials.list().map(({ expected }) => expected)]).toEqual([1, ['', ALICE]]);
  },
);
