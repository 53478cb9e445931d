/**
 * The worst inputs that we know (scripts/worst-parts/inputs.ts), judged by the program: what each costs is compared with
 * what an honest commit costs in the same run, in processor time and in memory. No clock is asked.
 */

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Cost, costOf } from '../../scripts/worst-parts/cost.ts';
import { type WorstInput, worstInputs } from '../../scripts/worst-parts/inputs.ts';
import { scratchRepository } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();

/** Times what an honest one costs. A small one takes 0.03 s of a processor and 53 MiB, a large one 0.12 s and 120 MiB. The worst has twelve times its bytes. */
const MOST_CPU = { small: 40, large: 18 };
/** With 53 MiB for a small one, this stays below the 250 MiB that the worst input may take. */
const MOST_MEMORY = { small: 4, large: 2 };
/** Processor time is told in steps of 10 ms. */
const STEP = 0.02;

describe.runIf(existsSync('/proc/self/stat'))('the worst inputs', () => {
  it('each cost a bounded multiple of an honest one, and none is a fault (I05, P23)', {
    timeout: 240_000,
  }, async () => {
    const repository = scratchRepository('worst');
    const inputs = await worstInputs(repository, sandbox());
    const cost = ({ args, input, env }: WorstInput): Promise<Cost> =>
      costOf(programUnderTest(), {
        ...{ args, cwd: repository.path, env: { ...repository.env, ...env } },
        ...(input === undefined ? {} : { input }),
      });
    const honest = new Map<string, Cost>();
    for (const input of inputs.filter(({ name, honest }) => name === honest)) {
      await cost(input);
      honest.set(input.name, await cost(input));
    }
    const over: string[] = [];
    for (const input of inputs) {
      const measure = honest.get(input.honest)!;
      const size = measure.peak > 90 ? 'large' : 'small';
      const isBounded = ({ cpu, peak }: Cost): boolean =>
        cpu <= MOST_CPU[size] * (measure.cpu + STEP) && peak <= MOST_MEMORY[size] * measure.peak;
      const first = await cost(input);
      // the collector runs when it likes: what is over is measured once more
      const last = isBounded(first) ? first : await cost(input);
      const { cpu, peak, exit, err } = last;
      const fits = isBounded(last);
      const known = exit !== null && exit < 7;
      if (!fits || !known) over.push(`${input.name}: ${cpu} s, ${peak} MiB, exit ${exit}, ${err}`);
    }
    expect([...honest.keys()]).toHaveLength(2);
    expect(inputs.length).toBeGreaterThan(60);
    expect(over).toEqual([]);
  });
});
