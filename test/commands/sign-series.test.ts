/** Many signatures, one login: also where the agent breaks down in the middle. */

import { beforeEach, expect, it, vi } from 'vitest';
import { type SignOne, withSeries } from '../../src/commands/sign-series.ts';
import { LoginError } from '../../src/errors.ts';
import { bareEnvironment, catchInvocation } from '../support/invocation.ts';
import { scratchDirectory } from '../support/sandbox.ts';

/** What the agent answers, one after the other; false: it is of no use. */
let agent: boolean[] = [];
const logins = { opened: 0, open: 0 };
let refused: Error | undefined;

const made = (by: string, payload: Uint8Array) => ({
  ...{ armor: `${by}: ${Buffer.from(payload).toString('utf8')}` },
  ...{ identity: 'alice@example.test', logIndex: '1' },
});

vi.mock('../../src/commands/sign-by-agent.ts', () => ({
  makeByAgent: ({ payload }: { readonly payload: Uint8Array }) =>
    Promise.resolve(agent.shift() === true ? made('agent', payload) : undefined),
}));
vi.mock('../../src/commands/signing-tools.ts', () => ({
  signingTools: (invocation: object) =>
    Promise.resolve({
      ...{ invocation, settings: {}, agentMay: agent.length > 0 },
      request: () => Promise.resolve({}),
      verifier: () => Promise.resolve({ verify: () => Promise.resolve({ status: 'verified' }) }),
    }),
}));
vi.mock('../../src/io/signing-login.ts', () => ({
  withLogin: async (
    _first: Uint8Array,
    _request: object,
    use: (identity: object, parts: object) => Promise<unknown>,
  ) => {
    logins.opened += 1;
    if (refused !== undefined) throw refused;
    logins.open += 1;
    try {
      return await use({ claims: { names: [] } }, {});
    } finally {
      logins.open -= 1;
    }
  },
}));
vi.mock('../../src/io/oidc/expected-identity.ts', () => ({
  checkExpectedIdentity: () => undefined,
}));
vi.mock('../../src/sign.ts', () => ({
  obtainCredential: () => Promise.resolve({ certificate: { notAfter: Infinity } }),
  signWithCredential: (payload: Uint8Array) => Promise.resolve(made('here', payload)),
}));

beforeEach(() => {
  Object.assign(logins, { opened: 0, open: 0 });
  refused = undefined;
});

const payloads = ['one', 'two', 'three', 'four'].map((text) => Buffer.from(text));
const home = scratchDirectory('series');

async function series(use?: (sign: SignOne) => Promise<readonly string[]>) {
  const { invocation } = catchInvocation({ args: [], env: bareEnvironment(home), cwd: home });
  const all = async (sign: SignOne): Promise<readonly string[]> => {
    const armors: string[] = [];
    for (const payload of payloads) armors.push((await sign(payload)).armor);
    return armors;
  };
  return withSeries(payloads[0] ?? Buffer.alloc(0), invocation, use ?? all);
}

it.each([
  ['serves to the end', [true, true, true, true], 'agent agent agent agent', 0],
  ['breaks down in the middle', [true, false, true, true], 'agent here here here', 1],
  ['is of no use', [false, true, true, true], 'here here here here', 1],
  ['is not to be asked', [], 'here here here here', 1],
])('an agent that %s', async (_name, answers, expected, count) => {
  agent = [...answers];
  const by = expected.split(' ');
  expect(await series()).toEqual(payloads.map((each, index) => `${by[index]}: ${each}`));
  expect(logins).toEqual({ opened: count, open: 0 });
});

it('the login is over when the series fails, and one that fails is not asked for again', async () => {
  agent = [];
  const failing = series(async (sign) => {
    await sign(Buffer.from('one'));
    expect(logins.open).toBe(1);
    throw new Error('stopped');
  });
  await expect(failing).rejects.toThrow('stopped');
  expect(logins).toEqual({ opened: 1, open: 0 });
  refused = new LoginError('LOGIN_FAILED', 'no');
  const stubborn = series(async (sign) => {
    await expect(sign(Buffer.from('one'))).rejects.toBe(refused);
    return [(await sign(Buffer.from('two'))).armor];
  });
  await expect(stubborn).rejects.toBe(refused);
  expect(logins).toEqual({ opened: 2, open: 0 });
});
