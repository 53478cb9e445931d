/** Many processes at once through one agent; scripts/soak goes on with it for minutes, and makes trouble meanwhile. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { soak } from '../../scripts/bench-parts/soak.ts';
import { bareEnvironment } from '../support/invocation.ts';
import { programUnderTest } from '../support/program.ts';
import { scratchDirectory, useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const directory = scratchDirectory('load');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('an agent under load', () => {
  it('eight processes of two people at once all sign, each as its own person, with one login each (D10 D13 D18)', async () => {
    mkdirSync(join(directory, 'work'));
    const run = await soak({
      env: bareEnvironment(directory),
      sandbox: sandbox(),
      directory: join(directory, 'work'),
      program: { path: programUnderTest(), upgrade: () => undefined },
      phases: [{ clients: 8, seconds: 3 }],
      ...{ faults: false, seed: 1 },
    });
    expect(run.failures).toEqual([]);
    expect(run).toMatchObject({ failed: 0, mixedUp: 0, excused: 0, inPlace: [], logins: 2 });
    expect(run.signatures).toBeGreaterThanOrEqual(8);
  });
});
