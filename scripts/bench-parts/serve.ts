/** `git signet serve` under load: many questions with a certificate each, a fixed number of them in flight. */

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Row } from './agent-rows.ts';
import { historyOf } from './repositories.ts';

export interface ServeOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly questions: number;
  /** The numbers of questions in flight to measure. */
  readonly inFlight: readonly number[];
}

interface Load {
  readonly verdictsPerSecond: number;
  /** Verdicts by second of processor time. */
  readonly verdictsPerCore: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly peakMiB: number;
}

/** The clock ticks of /proc are hundredths of a second on every Linux that we know. */
const TICKS = 100;

function processorSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function peakOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function load(
  { program, env }: ServeOptions,
  { repository, trust, ids, inFlight }: Asked,
): Promise<Load> {
  const who = ['--unsafe-any-identity', '--offline', '--trusted-root', trust];
  const child = spawn(program, ['serve', '--stdio', ...who], {
    ...{ env, cwd: repository },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await answers.next();
  const sent = new Map<string, number>();
  const taken: number[] = [];
  let next = 0;
  const ask = (): void => {
    const object = ids[next];
    if (object === undefined) return;
    const id = String(next);
    next += 1;
    sent.set(id, performance.now());
    child.stdin.write(`{"id":"${id}","object":"${object}"}\n`);
  };
  const [startedAt, used] = [performance.now(), processorSeconds(child.pid)];
  for (let i = 0; i < inFlight; i += 1) ask();
  while (taken.length < ids.length) {
    const { value, done } = await answers.next();
    if (done === true) throw new Error('serve ended early');
    const { id, result } = JSON.parse(value);
    if (result?.status !== 'verified') throw new Error(value);
    taken.push(performance.now() - (sent.get(id) ?? Number.NaN));
    sent.delete(id);
    ask();
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const processor = processorSeconds(child.pid) - used;
  const peakMiB = peakOf(child.pid);
  child.stdin.end();
  taken.sort((one, other) => one - other);
  const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? Number.NaN;
  return {
    verdictsPerSecond: ids.length / seconds,
    verdictsPerCore: ids.length / processor,
    ...{ p50: at(0.5), p99: at(0.99), peakMiB },
  };
}

interface Asked {
  readonly repository: string;
  readonly trust: string;
  readonly ids: readonly string[];
  readonly inFlight: number;
}

/** Returns a row for each number of questions in flight. */
export async function serveRows(options: ServeOptions): Promise<readonly Row[]> {
  const { directory, env, questions } = options;
  const { repository, env: trusting } = await historyOf(directory, questions, env);
  const trust = trusting['SIGNET_TRUST'] ?? '';
  const listed = execFileSync('git', ['-C', repository, 'rev-list', 'main'], {
    ...{ env, encoding: 'utf8' },
    maxBuffer: 1024 * 1024 * 1024,
  });
  const ids = listed.trim().split('\n').slice(0, questions);
  const rows: Row[] = [];
  for (const inFlight of options.inFlight) {
    const { verdictsPerSecond, verdictsPerCore, p50, p99, peakMiB } = await load(options, {
      ...{ repository, trust, ids, inFlight },
    });
    rows.push({
      what: `\`git signet serve\`, ${ids.length} questions, distinct certificates, ${inFlight} in flight`,
      figure: `${verdictsPerSecond.toFixed(0)} verdicts/s, ${verdictsPerCore.toFixed(0)} a core, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${peakMiB.toFixed(0)} MiB`,
      budget: '≥ 1500 verdicts/s a core, p99 ≤ 5 ms',
      holds: verdictsPerCore >= 1500 && p99 <= 5,
    });
  }
  return rows;
}
