/**
 * Both built forms beside their peers. Prints the table of docs/performance.md: figure, what was measured, its budget,
 * and whether it holds. Everything happens in a scratch directory; NODE_EXTRA_CA_CERTS is unset unless --with-ca.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { splitSignedObject } from '../src/core/git/signed-object.ts';
import { compare, freshCopy } from './bench-parts/against.ts';
import { type Row, signingRows, soakRow } from './bench-parts/agent-rows.ts';
import { ecdsaRows } from './bench-parts/ecdsa.ts';
import { gateRows } from './bench-parts/gate.ts';
import { logRows } from './bench-parts/log.ts';
import { type Invocation, interleaved, peak, run } from './bench-parts/measure.ts';
import { monitorRow } from './bench-parts/monitor.ts';
import { historyOf, sshHistory } from './bench-parts/repositories.ts';
import { serveRows } from './bench-parts/serve.ts';
import { signing } from './bench-parts/signing.ts';

const root = resolve(import.meta.dirname, '..');
const vectors = join(root, 'test/vectors/gitsign');
const cache = process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache');
const gitsign = join(process.env.GIT_SIGNET_PEERS ?? join(cache, 'git-signet/peers'), 'gitsign');
const peer = existsSync(gitsign);
const withCa = process.argv.includes('--with-ca');
const rounds = process.argv.includes('--quick') ? 5 : 25;
const soakSeconds = process.argv.includes('--quick') ? 5 : 60;
const commits = process.argv.includes('--quick') ? 1000 : 10_000;

const scratch = mkdtempSync(join(tmpdir(), 'git-signet-bench-'));
mkdirSync(join(scratch, 'home'));
const env: Record<string, string> = {
  PATH: process.env.PATH ?? '',
  HOME: join(scratch, 'home'),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: join(scratch, 'home/gitconfig'),
  GITSIGN_REKOR_MODE: 'offline',
  ...(withCa && process.env.NODE_EXTRA_CA_CERTS !== undefined
    ? { NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS }
    : {}),
};

interface Form {
  readonly name: string;
  readonly program: string;
  readonly before: readonly string[];
}
const built = join(root, 'dist/git-signet');
/** Both programs are copied, because the page cache holds an older file in another way, which moves times by a fifth. */
const fresh = (program: string): string => freshCopy(program, join(scratch, basename(program)));
const executable: Form = { name: 'executable', program: fresh(built), before: [] };
const bundle: Form = {
  name: 'Node bundle',
  program: process.execPath,
  before: [join(root, 'dist/node/git-signet.cjs')],
};
const theirs: Form = { name: 'gitsign', program: peer ? fresh(gitsign) : gitsign, before: [] };
const forms = peer ? [executable, bundle, theirs] : [executable, bundle];

const rows: string[] = [];
const fixed = (value: number | undefined, digits = 1): string => value?.toFixed(digits) ?? '–';

/** One line of the table; `holds` undefined where the budget needs a peer that is not there. */
function row(what: string, figure: string, budget: string, holds: boolean | undefined): void {
  const verdict = holds === undefined ? '' : holds ? 'yes' : '**no**';
  rows.push(`| ${what} | ${figure} | ${budget} | ${verdict} |`);
  process.stderr.write(`${what}: ${figure} (budget ${budget}) ${verdict}\n`);
}

const call = ({ name, program, before }: Form, args: readonly string[]): Invocation => ({
  name,
  program,
  args: [...before, ...args],
  env,
  cwd: scratch,
});

async function coldStart(): Promise<void> {
  const nothing: Invocation = { name: 'nothing', program: 'true', args: [], env };
  const node: Invocation = { name: 'bare Node', program: process.execPath, args: ['-e', '0'], env };
  const times = await interleaved(
    [nothing, node, ...forms.map((form) => call(form, ['--version']))],
    rounds,
  );
  const [none = 0, ours = 0] = [times.get('nothing'), times.get('executable')];
  const other = times.get('gitsign');
  row(
    '`--version`, executable, over nothing',
    `${fixed(ours - none)} ms`,
    '≤ 7 ms',
    ours - none <= 7,
  );
  row(
    '`--version`, executable / gitsign',
    other === undefined
      ? 'gitsign is not here'
      : `${fixed(ours / other, 2)} (${fixed(ours)} / ${fixed(other)} ms)`,
    '≤ 0.3',
    other === undefined ? undefined : ours / other <= 0.3,
  );
  row(
    '`--version`, Node bundle (bare Node)',
    `${fixed(times.get('Node bundle'))} (${fixed(times.get('bare Node'))}) ms`,
    'none',
    undefined,
  );
}

async function verifyOne(): Promise<void> {
  const raw = readFileSync(join(vectors, 'offline/01-plain.commit'));
  const split = splitSignedObject('commit', raw, 'sha1');
  if (split === undefined) throw new Error('the vector is unsigned');
  const file = join(scratch, 'signature');
  writeFileSync(file, split.signature);
  const trust = {
    SIGSTORE_ROOT_FILE: join(vectors, 'trust/fulcio-chain.pem'),
    SIGSTORE_REKOR_PUBLIC_KEY: join(vectors, 'trust/rekor.pub'),
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: join(vectors, 'trust/ctlog.pub'),
  };
  const verify = (form: Form): Invocation => ({
    ...call(form, ['--status-fd=1', '--verify', file, '-']),
    env: { ...env, ...trust },
    input: split.payload,
  });
  const times = await interleaved(forms.map(verify), rounds);
  const other = times.get('gitsign');
  for (const [form, limit] of [
    [executable, 0.3],
    [bundle, 0.9],
  ] as const) {
    const ours = times.get(form.name) ?? Number.NaN;
    row(
      `verify one, ${form.name} / gitsign`,
      other === undefined
        ? `${fixed(ours)} ms`
        : `${fixed(ours / other, 2)} (${fixed(ours)} / ${fixed(other)} ms)`,
      `≤ ${limit.toFixed(2)}`,
      other === undefined ? undefined : ours / other <= limit,
    );
  }
  const memory = await peak(verify(executable));
  row(
    'verify one, executable, peak memory',
    `${fixed(memory)} MiB`,
    '≤ 40 MiB',
    memory === undefined ? undefined : memory <= 40,
  );
}

async function showSignatures(): Promise<void> {
  const history = await historyOf(join(scratch, 'fifty'), 50, env);
  const log = (
    name: string,
    repository: string,
    more: Readonly<Record<string, string>>,
    program?: string,
  ): Invocation => ({
    name,
    program: 'git',
    args: [
      ...(program === undefined
        ? []
        : ['-c', 'gpg.format=x509', '-c', `gpg.x509.program=${program}`]),
      '-C',
      repository,
      'log',
      '--show-signature',
      '-50',
    ],
    env: { ...env, ...more },
  });
  const wrapper = join(scratch, 'node-signet');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${bundle.program}' '${bundle.before[0]}' "$@"\n`, {
    mode: 0o755,
  });
  const ssh = await sshHistory(join(scratch, 'ssh'), 50, env);
  const invocations = [
    log('executable', history.repository, history.env, executable.program),
    log('Node bundle', history.repository, history.env, wrapper),
    ...(peer ? [log('gitsign', history.repository, history.env, gitsign)] : []),
    ...(ssh === undefined ? [] : [log('ssh', ssh.repository, ssh.env)]),
  ];
  const times = await interleaved(invocations, Math.min(rounds, 7));
  const seconds = (name: string): string => fixed((times.get(name) ?? Number.NaN) / 1000, 2);
  const ours = times.get('executable') ?? Number.NaN;
  const beside = `gitsign ${peer ? seconds('gitsign') : '–'} s, ssh-keygen ${ssh === undefined ? '–' : seconds('ssh')} s`;
  const other = times.get('gitsign');
  row(
    '`git log --show-signature -50`, executable',
    `${seconds('executable')} s (${beside})`,
    '≤ 0.8 s where gitsign takes 2.4 s',
    other === undefined ? undefined : ours / other <= 0.8 / 2.4,
  );
  row(
    '`git log --show-signature -50`, Node bundle',
    `${seconds('Node bundle')} s`,
    'none',
    undefined,
  );
}

async function ranges(): Promise<void> {
  const flat: Record<string, number> = {};
  for (const count of [1000, commits]) {
    const history = await historyOf(join(scratch, `range-${count}`), count, env);
    const ids = execFileSync('git', ['-C', history.repository, 'rev-list', 'main'], { env });
    for (const form of [executable, bundle]) {
      const invocation: Invocation = {
        ...call(form, [
          'verify',
          '--stdin',
          '--format',
          'jsonl',
          '--unsafe-any-identity',
          '--offline',
          '--trusted-root',
          history.env.SIGNET_TRUST ?? '',
        ]),
        cwd: history.repository,
        env: { ...env, ...history.env },
        input: ids,
      };
      const times = await interleaved([invocation], 3);
      const { peakMiB, stdout } = await run(invocation, true);
      const verified = stdout.toString().match(/"status":"verified"/g)?.length ?? 0;
      if (verified !== count) throw new Error(`${verified} of ${count} verified`);
      const rate = count / ((times.get(form.name) ?? Number.NaN) / 1000);
      flat[`${form.name} ${count}`] = peakMiB ?? Number.NaN;
      if (count !== commits) continue;
      const limit = form === executable ? 2500 : 1700;
      row(
        `range of ${count}, distinct certificates, ${form.name}`,
        `${fixed(rate, 0)} commits/s`,
        `≥ ${limit}`,
        rate >= limit,
      );
      const [small = Number.NaN, large = Number.NaN] = [flat[`${form.name} 1000`], peakMiB];
      row(
        `memory at 1,000 and ${count} commits, ${form.name}`,
        `${fixed(small, 0)} and ${fixed(large, 0)} MiB`,
        'flat',
        large <= small * 1.25,
      );
    }
    if (count !== commits) continue;
    const program = (args: readonly string[]) => call(executable, args);
    for (const each of await gateRows(history, count, program)) {
      row(each.what, each.figure, each.budget, each.holds);
    }
  }
}

function bareCost(): void {
  try {
    const text = execFileSync('openssl', ['speed', '-seconds', '1', 'ecdsap256', 'ecdsap384'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const rates = [
      ...text.matchAll(/^\s*\d+ bits ecdsa \(nistp(\d+)\)\s+\S+\s+\S+\s+\S+\s+([\d.]+)\s*$/gm),
    ];
    const cost = new Map(rates.map(([, bits, rate]) => [bits, 1000 / Number(rate)]));
    const [small, large] = [cost.get('256'), cost.get('384')];
    if (small === undefined || large === undefined) throw new Error('no rates');
    row(
      'bare ECDSA of one commit (4 × P-256, 1 × P-384), one core',
      `${fixed(4 * small + large, 2)} ms`,
      'the floor',
      undefined,
    );
  } catch {
    row('bare ECDSA of one commit', 'openssl is not here', 'the floor', undefined);
  }
}

/**
 * A socket's path must be short, so these have a directory of their own; in memory where that can be had, because a
 * rebase renames files over each other, and a busy disk then holds git for tens of milliseconds.
 */
async function agentRows(): Promise<readonly Row[]> {
  const memory = '/dev/shm';
  const directory = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'agent-'));
  try {
    const peers = resolve(gitsign, '..');
    const options = { program: executable.program, env, directory, peers };
    const signed = await signingRows({ ...options, rounds: Math.min(rounds, 15) });
    return [...signed, await soakRow({ ...options, rounds }, soakSeconds)];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function logs(): Promise<void> {
  const options = { program: executable.program, env, directory: join(scratch, 'log') };
  for (const each of await logRows({ ...options, rounds: Math.min(rounds, 15) }))
    row(each.what, each.figure, each.budget, each.holds);
}

async function monitor(): Promise<void> {
  const entries = process.argv.includes('--quick') ? 100_000 : 1_000_000;
  const options = {
    program: executable.program,
    env,
    directory: join(scratch, 'monitor'),
    entries,
  };
  const each = await monitorRow(options, process.env.BUN ?? 'bun');
  row(each.what, each.figure, each.budget, each.holds);
}

async function serve(): Promise<void> {
  const questions = process.argv.includes('--quick') ? 5000 : 100_000;
  const options = { env, directory: join(scratch, 'serve'), questions, inFlight: [1, 2, 4] };
  for (const each of await serveRows({ ...options, program: executable.program }))
    row(each.what, each.figure, each.budget, each.holds);
}

async function everything(): Promise<void> {
  await coldStart();
  await verifyOne();
  await showSignatures();
  await logs();
  await monitor();
  const { total, own } = await signing(
    executable.program,
    env,
    join(scratch, 'sign'),
    Math.min(rounds, 9),
  );
  row(
    'sign with a token, executable, without the servers’ own time',
    `${fixed(own)} ms (of ${fixed(total)} ms)`,
    'none',
    undefined,
  );
  for (const each of await agentRows()) row(each.what, each.figure, each.budget, each.holds);
  await ranges();
  await serve();
  bareCost();
}

const againstAt = process.argv.indexOf('--against');
if (againstAt !== -1) {
  rmSync(scratch, { recursive: true, force: true });
  const directory = mkdtempSync(join(tmpdir(), 'vs-'));
  const programs = [resolve(process.argv[againstAt + 1] ?? ''), built] as const;
  const batches = process.argv.includes('--quick') ? 2 : 12;
  try {
    await compare({ programs, env: { ...env, HOME: directory }, directory, batches, pairs: 5 });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  process.exit();
}

const storeAt = process.argv.indexOf('--store');
if (storeAt !== -1) {
  const { benchStore } = await import('./bench-parts/store.ts');
  const { program, before } = process.argv.includes('--node') ? bundle : executable;
  try {
    await benchStore([program, ...before], cache, Number(process.argv[storeAt + 1] ?? 1_000_000));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  process.exit();
}

async function ecdsa(count: number): Promise<void> {
  const { BUN: bun = 'bun' } = process.env;
  const range = [
    { name: executable.name, program: [executable.program], runtime: bun },
    { name: bundle.name, program: [bundle.program, ...bundle.before], runtime: process.execPath },
  ];
  for (const each of await ecdsaRows(range, cache, count, Math.min(rounds, 5)))
    row(each.what, each.figure, each.budget, each.holds);
}

async function asked(): Promise<void> {
  const ecdsaAt = process.argv.indexOf('--ecdsa');
  if (ecdsaAt !== -1) await ecdsa(Number(process.argv[ecdsaAt + 1] ?? 5000));
  else if (process.argv.includes('--log')) await logs();
  else if (process.argv.includes('--serve')) await serve();
  else await everything();
}

try {
  await asked();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const [cpu] = cpus();
const ca = withCa ? 'set' : 'unset';
process.stdout.write(
  `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model.trim()}, Node ${process.version}, NODE_EXTRA_CA_CERTS ${ca}, medians of ${rounds} interleaved runs\n\n`,
);
process.stdout.write(
  `| figure | measured | budget | holds |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
);
