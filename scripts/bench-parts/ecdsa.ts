/**
 * What a range costs beside the signature checks that it cannot do without: CPU a commit, divided by the CPU of only these
 * checks by the same runtime in the same minute. Run by `scripts/bench --ecdsa [N]`.
 */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Row } from './agent-rows.ts';
import type { BareCost } from './bare-ecdsa.ts';
import { median } from './measure.ts';
import { gate, keptHistory } from './store.ts';

const execute = promisify(execFile);
const BARE = join(import.meta.dirname, 'bare-ecdsa.ts');
const AIM = 1.25;

/** A built form with the runtime that it runs on. */
export interface RangeForm {
  readonly name: string;
  readonly program: readonly string[];
  readonly runtime: string;
}

interface Pair {
  /** Milliseconds of CPU a commit, with all children. */
  readonly range: number;
  readonly bare: number;
  readonly signatures: number;
}

/** Measures the checks alone, in as many processes at once as a range has threads. */
async function bareCost(runtime: string, folder: string, count: number): Promise<BareCost> {
  const processes = availableParallelism();
  const share = Math.floor(count / processes);
  const costs = await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const args = [BARE, folder, String(index * share), String(share)];
      const { stdout } = await execute(runtime, args);
      return JSON.parse(stdout) as BareCost;
    }),
  );
  const mean = (of: (cost: BareCost) => number): number =>
    costs.reduce((sum, cost) => sum + of(cost), 0) / processes;
  return {
    signatures: mean(({ signatures }) => signatures),
    milliseconds: mean(({ milliseconds }) => milliseconds),
  };
}

async function pairOf(form: RangeForm, folder: string, count: number): Promise<Pair> {
  const cwd = join(folder, 'repo');
  const home = mkdtempSync(join(tmpdir(), 'git-signet-bench-'));
  try {
    const env = { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
    const root = execFileSync('git', ['-C', cwd, 'rev-list', '--max-parents=0', 'main']);
    const trust = join(folder, 'sandbox', 'trusted_root.json');
    const how = ['--no-store', '--offline', '--unsafe-any-identity', '--trusted-root', trust];
    const range = `${root.toString().trim()}..main`;
    const { cpu } = await gate(form.program, [...how, range], { cwd, env });
    const { milliseconds, signatures } = await bareCost(form.runtime, folder, count);
    return { range: (cpu * 1000) / count, bare: milliseconds, signatures };
  } finally {
    rmSync(home, { recursive: true });
  }
}

/** Rows for a history of `count` commits with a certificate each, and for one whose commits share certificates. */
export async function ecdsaRows(
  forms: readonly RangeForm[],
  cache: string,
  count: number,
  rounds: number,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const certificates of ['own', 'few'] as const) {
    const folder = keptHistory(cache, count, certificates);
    const pairs = new Map<string, Pair[]>(forms.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const form of forms) {
        pairs.get(form.name)?.push(await pairOf(form, folder, count));
      }
    }
    for (const [name, measured] of pairs) {
      const ratio = median(measured.map(({ range, bare }) => range / bare));
      const figure = (of: (pair: Pair) => number): string => median(measured.map(of)).toFixed(2);
      const kind = certificates === 'own' ? 'a certificate each' : '500 a certificate';
      const range = figure((pair) => pair.range);
      const bare = figure((pair) => pair.bare);
      const signatures = figure((pair) => pair.signatures);
      rows.push({
        what: `range of ${count}, ${kind}, ${name}: CPU / bare ECDSA`,
        figure: `${ratio.toFixed(2)} (${range} / ${bare} ms a commit, ${signatures} signatures)`,
        budget: `≤ ${AIM}`,
        holds: ratio <= AIM,
      });
    }
  }
  return rows;
}
