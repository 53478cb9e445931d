/** The agent asks about the payload itself: a client that asks nothing must not get a signature that no verifier takes. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { offerLogin } from '../../src/agent/client/client.ts';
import { reachAt } from '../../src/agent/client/reach.ts';
import { signByAgent } from '../../src/agent/client/sign-client.ts';
import { Secret } from '../../src/system/secret.ts';
import { DIRECT, PATIENCE, type RunningAgent, runningAgent } from '../support/agent.ts';
import { malformedPayloads, unsignable } from '../support/unsignable.ts';

let agent: RunningAgent;
beforeEach(async () => {
  agent = await runningAgent();
  await offerLogin(agent.address, {
    network: DIRECT,
    identity: '',
    token: new Secret('alice@example.test'),
  });
});
afterEach(() => agent.end());

it.each([...unsignable, ...malformedPayloads])(
  'the agent does not sign what no verifier takes: $name (D28)',
  async ({ payload, names }) => {
    const reached = await reachAt(agent.address, agent.instance);
    try {
      const asked = signByAgent(reached, {
        ...{ payload, expected: '', patience: PATIENCE, network: DIRECT },
        login: () => Promise.reject(new Error('no question is allowed')),
        onWait: () => undefined,
      });
      await expect(asked).rejects.toMatchObject({
        ...{ code: 'USAGE', exitCode: 2 },
        message: expect.stringMatching(names),
      });
    } finally {
      reached.close();
    }
    expect(agent.backend.signed).toEqual([]);
  },
);
