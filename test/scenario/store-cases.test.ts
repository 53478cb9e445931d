/** Random histories, policies and trust roots: what filled the proof store changes no verdict, no report and no exit code. */

import { expect, it, vi } from 'vitest';
import { DEEP } from '../support/sample.ts';
import { useSandbox } from '../support/sandbox.ts';
import { storeCase } from '../support/store/cases.ts';
import type { Answered } from '../support/verify-scenario.ts';

vi.hoisted(() => {
  // sources that run unbuilt have no digest, and so no store
  Object.assign(globalThis, { SIGNET_EVIDENCE: 'the sources under test' });
});
vi.mock('../../src/store/ranges.ts', async (load) => {
  const ranges = await load<typeof import('../../src/store/ranges.ts')>();
  return {
    ...ranges,
    // short ranges are kept too
    rangeMemory: (...[store, settings]: Parameters<typeof ranges.rangeMemory>) =>
      ranges.rangeMemory(store, { ...settings, worthKeeping: 2 }),
  };
});

const sandbox = useSandbox();
const FIRST = 100;
const HISTORIES = DEEP ? 20 : 2;
const RUNS = DEEP ? 20 : 10;

/** How each format says how much came from the store. */
const FROM_STORE = [
  /^ *from the store: .*\n/gm,
  /(?:; )?from the store [\d,]+ proofs? verified before/g,
  /,\s*"store":\s*\{\s*"reused":\s*\d+\s*\}/g,
  /<dt>From the store<\/dt><dd>[^<]*<\/dd>\n?/g,
  /<property name="from-the-store"[^>]*>/g,
] as const;

function withoutStore({ exit, out, talk }: Answered): readonly unknown[] {
  const bare = (text: string): string =>
    FROM_STORE.reduce((left, pattern) => left.replaceAll(pattern, ''), text);
  return [exit, bare(out), bare(talk)];
}

const saysStore = ({ out, talk }: Answered): boolean =>
  withoutStore({ exit: 0, out, talk }).slice(1).join('') !== out + talk;

it('a run with the store says what a run without it says, after any earlier run (H5, H6, H9)', {
  timeout: DEEP ? 1_800_000 : 180_000,
}, async () => {
  // another story of this worker may have loaded the program without the two changes above
  vi.resetModules();
  const { signet } = await import('../support/verify-scenario.ts');
  let reused = 0;
  for (let seed = FIRST; seed < FIRST + HISTORIES; seed += 1) {
    const { repository, runs } = await storeCase(seed, RUNS, sandbox());
    for (const { args, now } of runs) {
      const stored = await signet(repository, args, { now });
      const alone = await signet(repository, [...args, '--no-store'], { now });
      const about = JSON.stringify({ seed, args, now });
      expect(withoutStore(stored), about).toEqual(withoutStore(alone));
      expect(saysStore(alone), about).toBe(false);
      if (saysStore(stored)) reused += 1;
    }
  }
  expect(reused).toBeGreaterThan((HISTORIES * RUNS) / 10);
});
