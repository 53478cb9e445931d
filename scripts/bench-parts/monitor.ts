/**
 * `git signet monitor` over a tiled log that it has never read, from files. The CPU time of the
 * program stands beside that of hashing the same entries and doing nothing else, which is the floor.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tilePath } from '../../src/core/rekor/tiles.ts';
import { forge } from '../../test/support/forge.ts';
import { entryBy, strangerBodies, tiledLog } from '../../test/support/tiled-log.ts';
import type { Row } from './agent-rows.ts';

export interface MonitorOptions {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly entries: number;
}

const NAMES = [
  ...['alice@example.test', 'bob@corp.example'],
  'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
];
const HITS = 40;
const UNEXPLAINED = 6;

/** Writes the files of a log with 40 signatures of three identities. Returns the trust root that names it. */
async function writeLog(directory: string, entries: number): Promise<string> {
  const step = Math.floor(entries / HITS);
  const hits = new Map(
    Array.from({ length: HITS }, (_, count) => [
      count * step + count,
      entryBy(NAMES[count % NAMES.length] ?? '', { count }).body,
    ]),
  );
  const strangers = strangerBodies();
  const log = tiledLog(entries, (index) => hits.get(index) ?? strangers(index));
  const put = async (path: string): Promise<void> => {
    const request = {
      service: 'the log',
      method: 'GET',
      url: `${log.url}/api/v2/${path}`,
    } as const;
    const { body } = await log.send(request);
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, body);
  };
  await put('checkpoint');
  for (const level of ['entries', 0, 1, 2] as const) {
    const count = Math.floor(entries / 256 ** (level === 'entries' ? 0 : level));
    for (let from = 0; from < count; from += 256)
      await put(tilePath(level, from / 256, Math.min(256, count - from)));
  }
  const root = forge().trustedRoot;
  const [, tiles] = root.tlogs;
  return JSON.stringify({ ...root, tlogs: [tiles] });
}

interface Cost {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly lines: number;
}

/** Jiffies a second, as Linux tells them to programs. */
const JIFFIES = 100;

/** Reads what a process has used so far. */
function usedBy({ pid }: ChildProcess): Omit<Cost, 'lines'> | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / JIFFIES;
    return peak === null ? undefined : { cpuSeconds, peakMiB: Number(peak[1]) / 1024 };
  } catch {
    return undefined;
  }
}

function runMonitor({ program, env }: MonitorOptions, args: readonly string[]): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['monitor', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let used: Omit<Cost, 'lines'> = { cpuSeconds: Number.NaN, peakMiB: Number.NaN };
    const timer = setInterval(() => (used = usedBy(child) ?? used), 5);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      if (code !== UNEXPLAINED) reject(new Error(`git signet monitor ended with ${code}`));
      else resolve({ ...used, lines: out.trim().split('\n').length });
    });
  });
}

/** Hashes each entry of each bundle, in the runtime of the executable. Prints microseconds of CPU. */
const FLOOR = `
const { hash } = require('node:crypto'); const { readFileSync, readdirSync } = require('node:fs');
const files = readdirSync(process.argv[1], { recursive: true }).filter((f) => /\\d$/.test(f)).map((f) => process.argv[1] + '/' + f);
const start = process.cpuUsage();
for (const file of files) { let bytes; try { bytes = readFileSync(file); } catch { continue; }
  for (let at = 0; at < bytes.length; ) { const end = at + 2 + bytes[at] * 256 + bytes[at + 1];
    hash('sha256', bytes.subarray(at + 1, end), 'buffer'); at = end; } }
const { user, system } = process.cpuUsage(start); console.log(user + system);`;

/** Returns one row. `bun` is the runtime that the executable holds. */
export async function monitorRow(options: MonitorOptions, bun: string): Promise<Row> {
  const { directory, entries } = options;
  const files = join(directory, 'log');
  mkdirSync(files, { recursive: true });
  const root = join(directory, 'trusted_root.json');
  writeFileSync(root, await writeLog(files, entries));
  const names = NAMES.flatMap((name) => ['--identity', name]);
  const state = ['--state', join(directory, 'state'), '--format', 'jsonl'];
  const cost = await runMonitor(options, [
    '--trusted-root',
    root,
    '--tiles',
    files,
    ...names,
    ...state,
  ]);
  if (cost.lines !== HITS) throw new Error(`${cost.lines} of ${HITS} signatures were found`);
  const told = execFileSync(bun, ['-e', FLOOR, join(files, 'tile/entries')], {
    encoding: 'utf8',
  });
  const floor = Number(told) / 1e6;
  const rate = entries / cost.cpuSeconds;
  return {
    what: `\`git signet monitor\`, a log of ${entries} entries, ${HITS} of them found`,
    figure: `${Math.round(rate)} entries/s a core, ${Math.round(cost.peakMiB)} MiB (SHA-256 alone ${Math.round(entries / floor)} entries/s)`,
    budget: '≥ 500000 entries/s, ≤ 64 MiB',
    holds: rate >= 500_000 && cost.peakMiB <= 64,
  };
}
