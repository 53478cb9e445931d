/** Many processes at once through one agent (scripts/bench runs it for a minute, and watches the memory). */

import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { soak } from '../../scripts/bench-parts/soak.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const directory = scratchDirectory('load');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('an agent under load', () => {
  it('D10 D13 D18 eight processes at once, two people: no failure, no mix-up', async () => {
    mkdirSync(directory, { recursive: true });
    const env = { ...bareEnvironment(directory), SIGNET_AGENT: 'yes' };
    const program = programUnderTest();
    const options = { program, env, sandbox: sandbox(), directory };
    const { signatures, failures, mixedUp } = await soak({ ...options, processes: 8, seconds: 3 });
    expect(failures).toEqual([]);
    expect(mixedUp).toBe(0);
    expect(signatures).toBeGreaterThanOrEqual(8);
  });
});
