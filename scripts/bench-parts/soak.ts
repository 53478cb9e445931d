/**
 * Many processes signing at once through one agent: each signature is verified against its own payload and the
 * identity that was asked for, and the agent's memory is watched.
 */

import { readFileSync } from 'node:fs';
import { utf8 } from '../../src/core/bytes.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import { loadSettings } from '../../src/io/config.ts';
import { loadCrypto } from '../../src/io/crypto-port.ts';
import { loadTrust } from '../../src/io/trust-store.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startLiveAgent } from './live-agent.ts';
import { median, run } from './measure.ts';

export interface SoakOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox;
  readonly directory: string;
  readonly processes: number;
  readonly seconds: number;
}

export interface Soaked {
  readonly signatures: number;
  /** What went wrong, each kind once. */
  readonly failures: readonly string[];
  /** Signatures that verify, but by somebody else or over something else. */
  readonly mixedUp: number;
  /** The agent's resident memory in MiB after a fifth of the time, and at the end: medians of some readings. */
  readonly early: number;
  readonly late: number;
}

const PEOPLE = ['alice@example.test', 'bob@example.test'];

const payloadOf = (worker: number, turn: number): string => `tree ${'0'.repeat(40)}
author A <a@example.test> 1700000000 +0000
committer A <a@example.test> 1700000000 +0000

worker ${worker}, turn ${turn}
`;

function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? Number.NaN : Number(match[1]) / 1024;
}

/** Signs until the time is over. The agent must answer every one of them. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { program, processes, seconds } = options;
  const agent = await startLiveAgent({ ...options, people: PEOPLE });
  const crypto = await loadCrypto();
  const settings = await loadSettings({ env: agent.env, cwd: options.directory });
  const trust = await loadTrust(settings, crypto);
  const failures = new Set<string>();
  const readings: number[] = [];
  let [signatures, mixedUp] = [0, 0];
  const end = performance.now() + seconds * 1000;

  const signOnce = async (worker: number, turn: number): Promise<void> => {
    const identity = PEOPLE[worker % PEOPLE.length] ?? '';
    const input = payloadOf(worker, turn);
    const args = ['--status-fd=2', '-bsau', identity];
    const env = { ...agent.env, SIGNET_IDENTITY: identity };
    const { stdout } = await run({
      name: 'sign',
      program,
      args,
      env,
      input,
      cwd: options.directory,
    });
    const now = Math.floor(Date.now() / 1000);
    const verdict = await verifyDetached(utf8(input), new Uint8Array(stdout), {
      crypto,
      trust,
      now,
    });
    signatures += 1;
    const right = verdict.status === 'verified' && verdict.signer.value === identity;
    if (!right) mixedUp += 1;
  };
  const work = async (worker: number): Promise<void> => {
    for (let turn = 0; performance.now() < end; turn += 1) {
      await signOnce(worker, turn).catch((error: unknown) => void failures.add(String(error)));
    }
  };
  const watch = setInterval(() => readings.push(residentMiB(agent.pid)), (seconds * 1000) / 50);
  try {
    await Promise.all(Array.from({ length: processes }, (_, worker) => work(worker)));
  } finally {
    clearInterval(watch);
    await agent.stop();
  }
  const [early, late] = [readings.slice(8, 13), readings.slice(-5)].map(median);
  return {
    ...{ signatures, mixedUp, failures: [...failures] },
    ...{ early: early ?? Number.NaN, late: late ?? Number.NaN },
  };
}
