/**
 * What happens to an agent under load, one thing after the other, as a seed decides: it is killed or stopped for a
 * while, the network goes or the servers fall silent, the program is upgraded, its clock jumps.
 */

import type { Sandbox } from '../../src/sandbox/index.ts';
import type { Installed } from './installed.ts';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Scene {
  readonly sandbox: Sandbox;
  readonly program: Installed;
  /** The agent's process; undefined while there is none. */
  readonly agent: () => number | undefined;
}

/** Seconds that a clock may be off: what certificates and verifiers allow for. */
const CLOCK_ERROR = 240;
/** Seconds that the network is away: longer than a request is tried again. */
const AWAY = 5;

const wait = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function signal(scene: Scene, name: NodeJS.Signals): void {
  const pid = scene.agent();
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // it has ended by itself
  }
}

type Fault = (scene: Scene, random: () => number) => Promise<void> | void;

const FAULTS: Readonly<Record<string, Fault>> = {
  kill: (scene) => signal(scene, 'SIGKILL'),
  terminate: (scene) => signal(scene, 'SIGTERM'),
  pause: async (scene, random) => {
    const pid = scene.agent();
    signal(scene, 'SIGSTOP');
    await wait(1 + 2 * random());
    if (pid !== undefined) signal({ ...scene, agent: () => pid }, 'SIGCONT');
  },
  'network loss': async ({ sandbox }, random) => {
    sandbox.intercept(() => ({ status: 0, destroy: true }));
    await wait(1 + AWAY * random());
    sandbox.intercept(undefined);
  },
  silence: async ({ sandbox }, random) => {
    const over = Promise.withResolvers<undefined>();
    sandbox.intercept(() => over.promise);
    await wait(1 + 2 * random());
    sandbox.intercept(undefined);
    over.resolve(undefined);
  },
  upgrade: ({ program }) => program.upgrade(),
  'clock jump': ({ program }, random) =>
    program.setClock?.(Math.round((2 * random() - 1) * CLOCK_ERROR)),
};

/** Names in an order by chance, all of them before one comes again. */
function* inTurns(names: readonly string[], random: () => number): Generator<string, never> {
  for (;;) {
    const left = [...names];
    while (left.length > 0) yield left.splice(Math.floor(random() * left.length), 1)[0] ?? '';
  }
}

/** A time during which the network was away, on the clock of performance.now(). */
export interface Outage {
  readonly from: number;
  until: number;
}

/** What has happened so far. */
export interface Happened {
  /** Names of the faults, in order. */
  readonly faults: string[];
  readonly outages: Outage[];
}

/** Makes things happen until `ended` aborts, then puts everything right. Fills `happened` as it goes. */
export async function makeTrouble(
  scene: Scene,
  seed: number,
  ended: AbortSignal,
  happened: Happened,
): Promise<void> {
  const random = randomFrom(seed);
  const names = Object.keys(FAULTS).filter(
    (name) => name !== 'clock jump' || scene.program.setClock !== undefined,
  );
  for (const name of inTurns(names, random)) {
    await wait(2 + 3 * random());
    if (ended.aborted) break;
    happened.faults.push(name);
    const outage: Outage = { from: performance.now(), until: Number.POSITIVE_INFINITY };
    if (name === 'network loss') happened.outages.push(outage);
    await FAULTS[name]?.(scene, random);
    outage.until = performance.now();
  }
  scene.sandbox.intercept(undefined);
}
