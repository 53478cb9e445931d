/**
 * What the proof store saves: gates over one long history, first and again. The history is made once, and kept in a cache
 * outside of the tree. Run by `scripts/bench --store [N]`.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One gate as it was measured. */
interface Gate {
  readonly seconds: number;
  /** Seconds of CPU, with all children. */
  readonly cpu: number;
  /** Resident memory of the program itself at its peak. */
  readonly peakMiB: number;
}

/** Certificates of a history: one for each commit, or as logins give them. */
type Certificates = 'own' | 'few';

/** Makes what the cache lacks of a history of `count` commits. Returns its folder. */
export function keptHistory(cache: string, count: number, certificates: Certificates): string {
  const name = certificates === 'few' ? String(count) : `${count}-${certificates}`;
  const folder = join(cache, 'git-signet', 'histories', name);
  const script = join(import.meta.dirname, '..', 'make-history.ts');
  const few = certificates === 'few' ? ['--few-certificates'] : [];
  execFileSync(process.execPath, [script, folder, String(count), ...few]);
  return folder;
}

/** Measures one gate with /usr/bin/time, which counts children too. */
export function gate(
  program: readonly string[],
  args: readonly string[],
  place: { readonly cwd: string; readonly env: Record<string, string> },
): Gate {
  const [command = '', ...before] = program;
  const { stderr, status } = spawnSync(
    '/usr/bin/time',
    ['-f', '%e %U %S %M', command, ...before, 'verify', ...args],
    { ...place, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  if (status !== 0 && status !== 6) throw new Error(`the gate ended with ${status}: ${stderr}`);
  const [seconds = 0, user = 0, system = 0, kib = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { seconds, cpu: user + system, peakMiB: kib / 1024 };
}

/** Prints a table of gates over `count` commits by one built form. */
export function benchStore(program: readonly string[], cache: string, count: number): void {
  const folder = keptHistory(cache, count, 'few');
  const cwd = join(folder, 'repo');
  const home = mkdtempSync(join(tmpdir(), 'git-signet-bench-'));
  mkdirSync(join(home, 'trust'));
  const trust = join(folder, 'sandbox', 'trusted_root.json');
  // the same trust root by another text has another digest
  const otherTrust = join(home, 'trust', 'trusted_root.json');
  writeFileSync(otherTrust, `${readFileSync(trust, 'utf8')}\n`);
  const env = { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', cwd, ...args], { encoding: 'utf8' }).trim();
  const root = git('rev-list', '--max-parents=0', 'main');
  const tip = git('rev-parse', 'main');
  const earlier = git('rev-parse', `main~${Math.min(100, count - 2)}`);
  const any = ['--unsafe-any-identity'];
  const other = [
    '--certificate-identity',
    'x@example.test',
    '--certificate-oidc-issuer',
    'https://x.test',
  ];
  const run = (
    name: string,
    to: string,
    who: readonly string[],
    by: string,
    ...more: readonly string[]
  ): void => {
    const args = [...who, '--offline', '--trusted-root', by, ...more, `${root}..${to}`];
    const { seconds, cpu, peakMiB } = gate(program, args, { cwd, env });
    process.stdout.write(
      `| ${name} | ${seconds.toFixed(1)} | ${cpu.toFixed(1)} | ${peakMiB.toFixed(0)} |\n`,
    );
  };
  process.stdout.write(
    `| gate over ${count} commits | s | CPU s | MiB |\n| --- | --- | --- | --- |\n`,
  );
  try {
    run('without the store', tip, any, trust, '--no-store');
    run('the first, up to 100 commits before the tip', earlier, any, trust);
    run('with 100 new commits', tip, any, trust);
    run('the second', tip, any, trust);
    run('under another policy', tip, other, trust);
    run('under another trust root', tip, any, otherTrust);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
