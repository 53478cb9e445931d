/** Runs a campaign from position to position, and keeps in a file how far it came, so that it can go on. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Something that must not be. Seed and position make it again. */
export interface Finding {
  readonly seed: number;
  readonly position: number;
  readonly wrong: string;
  readonly what: unknown;
}

export const finding = (seed: number, position: number, wrong: string, what: unknown): Finding => ({
  seed,
  position,
  wrong,
  what,
});

export interface Campaign {
  readonly name: string;
  readonly at: (
    position: number,
  ) => { status: string; finding?: Finding } | Promise<{ status: string; finding?: Finding }>;
}

export interface State {
  readonly campaign: string;
  readonly seed: number;
  /** The next position. */
  position: number;
  /** Processor seconds so far. */
  seconds: number;
  readonly statuses: Record<string, number>;
  readonly findings: Finding[];
}

const KEEP_FINDINGS = 100;

export const freshState = (campaign: string, seed: number): State => ({
  ...{ campaign, seed, position: 0, seconds: 0, statuses: {}, findings: [] },
});

/** The state in a file, or a fresh one; one of another campaign or seed is not gone on with. */
export function readState(path: string, campaign: string, seed: number): State {
  if (!existsSync(path)) return freshState(campaign, seed);
  const state = JSON.parse(readFileSync(path, 'utf8')) as State;
  if (state.campaign === campaign && state.seed === seed) return state;
  throw new Error(`${path} is of ${state.campaign}, seed ${state.seed}: name another file`);
}

export function writeState(path: string, state: State): void {
  writeFileSync(`${path}.new`, JSON.stringify(state, undefined, 1));
  renameSync(`${path}.new`, path);
}

/** Goes on until `end` (a position). `onPause` is called each `pause` positions, and at the end. */
export async function runCampaign(
  campaign: Campaign,
  state: State,
  end: number,
  onPause: (state: State) => void = () => undefined,
  pause = 5000,
): Promise<State> {
  const spent = state.seconds;
  const begun = process.cpuUsage();
  const tell = (): void => {
    const { user, system } = process.cpuUsage(begun);
    state.seconds = spent + (user + system) / 1e6;
    onPause(state);
  };
  while (state.position < end) {
    const { status, finding: found } = await campaign.at(state.position);
    state.statuses[status] = (state.statuses[status] ?? 0) + 1;
    if (found !== undefined) {
      state.statuses['FINDING'] = (state.statuses['FINDING'] ?? 0) + 1;
      if (state.findings.length < KEEP_FINDINGS) state.findings.push(found);
    }
    state.position += 1;
    if (state.position % pause === 0) tell();
  }
  tell();
  return state;
}
