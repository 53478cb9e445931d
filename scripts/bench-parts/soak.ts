/**
 * Many processes signing at once through one agent, which may fare badly meanwhile: each signature is verified against
 * its own payload and the identity that was asked for, and the agent's memory is watched.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { utf8 } from '../../src/core/bytes.ts';
import { verifyDetached } from '../../src/core/verify.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { loadCrypto } from '../../src/system/crypto-port.ts';
import { loadTrust } from '../../src/trust/load.ts';
import type { Installed } from './installed.ts';
import { median } from './measure.ts';
import { stopAgents, watchAgent } from './soak-agent.ts';
import { type Happened, makeTrouble } from './soak-faults.ts';

export interface SoakOptions {
  readonly program: Installed;
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox;
  readonly directory: string;
  /** One after the other: how many processes sign at once, and for how long. */
  readonly phases: readonly { readonly clients: number; readonly seconds: number }[];
  readonly faults: boolean;
  readonly seed: number;
}

export interface Soaked {
  readonly phases: readonly {
    readonly clients: number;
    readonly seconds: number;
    readonly signatures: number;
  }[];
  readonly signatures: number;
  readonly failed: number;
  /** What went wrong, each kind once. */
  readonly failures: readonly string[];
  /** Signatures that verify, but by another signer or over other content. */
  readonly mixedUp: number;
  /** Signatures that could not be had because no server was there. */
  readonly excused: number;
  /** Why signatures were made without the agent, each kind once. */
  readonly inPlace: readonly string[];
  /**
   * Times that a person was asked, and how often that may be: once for each agent, once more where one was killed meanwhile
   * or the network went, and once for each signature without the agent.
   */
  readonly logins: number;
  readonly loginsAllowed: number;
  /** Times that an agent ended. */
  readonly ends: number;
  readonly faults: readonly string[];
  /** The agent's resident memory in MiB: medians of tenths of the time. */
  readonly memory: readonly number[];
}

const PEOPLE = ['alice@example.test', 'bob@example.test'];
const BROWSER = resolve(import.meta.dirname, 'soak-browser.ts');
/** Seconds that no signature takes, whatever happens. */
const DEADLINE = 120;
/** Milliseconds after an outage in which a request that began in it may still fail. */
const AFTERMATH = 3000;
const CANNOT_REACH = 3;

const payloadOf = (worker: number, turn: number): string => `tree ${'0'.repeat(40)}
author A <a@example.test> 1700000000 +0000
committer A <a@example.test> 1700000000 +0000

worker ${worker}, turn ${turn}
`;

interface Ran {
  /** The exit code, or the signal that ended the program. */
  readonly exit: number | string;
  readonly out: Buffer;
  readonly talk: string;
}

function runOnce(
  program: string,
  input: string,
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program, ['--status-fd=2', '-bsau', 'x'], { ...options, stdio: 'pipe' });
    let late = false;
    const deadline = setTimeout(() => {
      late = child.kill('SIGKILL');
    }, DEADLINE * 1000);
    const out: Buffer[] = [];
    const talk: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => talk.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      const exit = late ? `not done in ${DEADLINE} s` : (code ?? signal ?? 'no exit code');
      done({ exit, out: Buffer.concat(out), talk: Buffer.concat(talk).toString() });
    });
  });
}

/** Who signs: the same settings for all, with a browser that logs in by itself, counted by the lines that it leaves. */
function people(options: SoakOptions) {
  const { sandbox, directory } = options;
  const runtime = join(directory, 'run');
  const opener = join(directory, 'opener');
  const opened = join(directory, 'opened');
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  writeFileSync(opened, '');
  const lines = ['#!/bin/sh', `echo >>'${opened}'`, `exec '${process.execPath}' '${BROWSER}' "$1"`];
  writeFileSync(opener, `${lines.join('\n')}\n`, { mode: 0o755 });
  const env = {
    ...sandbox.env,
    ...options.env,
    SIGNET_AGENT: 'yes',
    XDG_RUNTIME_DIR: runtime,
    SIGNET_URL_OPENER: `${opener} {url}`,
  };
  return { env, place: join(runtime, 'git-signet'), logins: () => readFileSync(opened).length };
}

const tenths = (readings: readonly number[]): readonly number[] => {
  const size = Math.max(1, Math.ceil(readings.length / 10));
  const parts = Array.from({ length: Math.ceil(readings.length / size) }, (_, at) =>
    readings.slice(at * size, (at + 1) * size),
  );
  return parts.map(median);
};

/** Counts by kind; numbers that differ from run to run make no kind of their own. */
function count(counts: Map<string, number>, kind: string): void {
  const key = kind.replace(/\d{4,}/g, 'N');
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const kinds = (counts: ReadonlyMap<string, number>): readonly string[] =>
  [...counts].map(([kind, times]) => `${times} × ${kind}`);

const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, times) => sum + times, 0);

/** How a program ended, and the last that it said. */
function kindOf({ exit, talk }: Ran): string {
  const lines = talk.split('\n').filter((line) => line.startsWith('git-signet: '));
  const said = lines.at(-1) ?? talk.trim().split('\n').at(-1) ?? '';
  return `${typeof exit === 'number' ? `exit ${exit}` : exit}: ${said}`;
}

/** Signs until the time is over. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { program, directory, sandbox, seed } = options;
  const { env, place, logins } = people(options);
  const crypto = await loadCrypto();
  const trust = await loadTrust(await loadSettings({ env, cwd: directory }), crypto);
  const failures = new Map<string, number>();
  const inPlace = new Map<string, number>();
  const happened: Happened = { faults: [], outages: [] };
  let [signatures, mixedUp, excused] = [0, 0, 0];

  const signOnce = async (worker: number, turn: number): Promise<void> => {
    const identity = PEOPLE[worker % PEOPLE.length] ?? '';
    const input = payloadOf(worker, turn);
    const from = performance.now();
    const given = { cwd: directory, env: { ...env, SIGNET_IDENTITY: identity } };
    const ran = await runOnce(program.path, input, given);
    if (ran.exit !== 0) {
      const until = performance.now();
      const met = happened.outages.some(
        (outage) => from < outage.until + AFTERMATH && until > outage.from,
      );
      if (met && ran.exit === CANNOT_REACH) excused += 1;
      else count(failures, kindOf(ran));
      return;
    }
    const [without] = /[^\n]*signing without it/.exec(ran.talk) ?? [];
    if (without !== undefined) count(inPlace, without);
    const now = Math.floor(Date.now() / 1000);
    const context = { crypto, trust, now };
    const verdict = await verifyDetached(utf8(input), new Uint8Array(ran.out), context);
    signatures += 1;
    if (verdict.status !== 'verified' || verdict.signer.value !== identity) mixedUp += 1;
  };
  let workers = 0;
  const work = async (end: number): Promise<void> => {
    workers += 1;
    const worker = workers;
    for (let turn = 0; performance.now() < end; turn += 1) await signOnce(worker, turn);
  };

  const watch = watchAgent(resolve(program.path, '..'), place);
  const over = new AbortController();
  const scene = { sandbox, program, agent: watch.agent };
  const trouble = options.faults ? makeTrouble(scene, seed, over.signal, happened) : undefined;
  const phases: Soaked['phases'][number][] = [];
  try {
    for (const { clients, seconds } of options.phases) {
      const before = signatures;
      const since = performance.now();
      const end = since + seconds * 1000;
      await Promise.all(Array.from({ length: clients }, () => work(end)));
      const took = (performance.now() - since) / 1000;
      phases.push({ clients, seconds: took, signatures: signatures - before });
    }
  } finally {
    over.abort();
    await trouble;
    program.setClock?.(0);
    await stopAgents(program.path, { cwd: directory, env });
  }
  const { readings, ends } = watch.stop();
  return {
    ...{ phases, signatures, mixedUp, excused, ends },
    failed: total(failures),
    failures: kinds(failures),
    inPlace: kinds(inPlace),
    logins: logins(),
    loginsAllowed: PEOPLE.length * (1 + 2 * ends + happened.outages.length) + total(inPlace),
    faults: happened.faults,
    memory: tenths(readings),
  };
}
