/**
 * What the proof store saves: gates over one long history, first and again. The history is made once, and kept in a cache
 * outside of the tree. Run by `scripts/bench --store [N] [--node]`.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

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

/** Returns the most resident memory of a process until now, in KiB, or 0 if it has ended. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Measures one gate. /usr/bin/time counts the CPU time of children too, but the memory is that of the program alone. */
export async function gate(
  program: readonly string[],
  args: readonly string[],
  place: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<Gate> {
  const [command = '', ...before] = program;
  const words = ['-f', '%e %U %S', 'sh', '-c', 'echo $$ >&2; exec "$@"', 'sh', command, ...before];
  const child = spawn('/usr/bin/time', [...words, 'verify', ...args], {
    ...{ ...place, stdio: ['ignore', 'ignore', 'pipe'] },
  });
  let said = '';
  let peak = 0;
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const watch = setInterval(() => {
    peak = Math.max(peak, peakOf(Number.parseInt(said, 10)));
  }, 20);
  const [status] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  if (status !== 0 && status !== 6) throw new Error(`the gate ended with ${status}: ${said}`);
  const [seconds = 0, user = 0, system = 0] = (said.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return { seconds, cpu: user + system, peakMiB: peak / 1024 };
}

/**
 * Copies a built form and changes its evidence version in the copy, as a new build of the checks does. `program` is the
 * executable, or Node.js and a bundle. Returns the words that start the copy.
 */
async function newBuild(program: readonly string[], folder: string): Promise<readonly string[]> {
  const { evidenceDigest } = await import('../build-parts/evidence.ts');
  const { readSources } = await import('../imports.ts');
  const entry = program.at(-1) ?? '';
  const version = evidenceDigest(readSources('.', 'src'));
  const copy = join(folder, 'build');
  const form = program.length === 1 ? entry : dirname(entry);
  cpSync(form, copy, { recursive: true });
  const files = statSync(copy).isFile()
    ? [copy]
    : readdirSync(copy, { recursive: true, encoding: 'utf8' }).map((name) => join(copy, name));
  const holders = files.filter((path) => statSync(path).isFile() && change(path, version));
  if (holders.length === 0) throw new Error('it was built from other sources: scripts/build');
  return program.length === 1 ? [copy] : [...program.slice(0, -1), entry.replace(form, copy)];
}

/** Writes another version over one in a file. Returns whether the file held it. */
function change(path: string, version: string): boolean {
  const bytes = readFileSync(path);
  const other = [...version].reverse().join('');
  let at = bytes.indexOf(version);
  const found = at !== -1;
  for (; at !== -1; at = bytes.indexOf(version, at + version.length)) bytes.write(other, at);
  if (found) writeFileSync(path, bytes);
  return found;
}

/** Prints a table of gates over `count` commits by one built form. */
export async function benchStore(
  program: readonly string[],
  cache: string,
  count: number,
): Promise<void> {
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
  const few = Math.min(10, count - 2);
  const near = git('rev-parse', `main~${few}`);
  const started = { more: ['--since', git('rev-parse', `main~${Math.max(few, count - 100)}`)] };
  const any = ['--unsafe-any-identity'];
  const other = [
    '--certificate-identity',
    'x@example.test',
    '--certificate-oidc-issuer',
    'https://x.test',
  ];
  interface Row {
    readonly from?: string;
    readonly to?: string;
    readonly who?: readonly string[];
    readonly by?: string;
    readonly form?: readonly string[];
    readonly more?: readonly string[];
  }
  const run = async (name: string, row: Row): Promise<void> => {
    const { from = root, to = tip, who = any, by = trust, form = program, more = [] } = row;
    const args = [...who, '--offline', '--trusted-root', by, ...more, `${from}..${to}`];
    const { seconds, cpu, peakMiB } = await gate(form, args, { cwd, env });
    process.stdout.write(
      `| ${name} | ${seconds.toFixed(1)} | ${cpu.toFixed(1)} | ${peakMiB.toFixed(0)} |\n`,
    );
  };
  process.stdout.write(
    `| gate over ${count} commits | s | CPU s | MiB |\n| --- | --- | --- | --- |\n`,
  );
  try {
    await run('without the store', { more: ['--no-store'] });
    await run('the first, up to 100 commits before the tip', { to: earlier });
    await run('with 100 new commits', {});
    await run('the second', {});
    await run('under another policy', { who: other });
    await run('with a start, for the first time', started);
    await run('with a start', started);
    await run('over 10 commits, far from the start', { ...started, from: near });
    await run('under another trust root', { by: otherTrust });
    await run('by a new build of the checks', { form: await newBuild(program, home) });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
