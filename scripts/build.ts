/**
 * Builds from one source: the executable (Bun), the Node bundle (CommonJS: starts 6 ms sooner than modules; what is
 * imported lazily stays in chunks of its own) and the library with its types. Run by scripts/build, which sets BUN.
 */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type InputOptions } from 'rolldown';
import { readSources, staticClosure } from './imports.ts';

const { BUN: bun } = process.env;
if (bun === undefined) throw new Error('run scripts/build, which finds the runtimes');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const WORKER = 'src/commands/range-worker.ts';
const define = { SIGNET_VERSION: JSON.stringify(version) };

const shared: InputOptions = {
  platform: 'node',
  transform: { define },
  onLog: (level, log, handle) => {
    // a dependency of the sandbox's issuer names functions that way; nothing of ours may
    if (log.code === 'EVAL' && log.id?.includes('node_modules/')) return;
    // the worker loads at once what the command loads on use
    if (log.code === 'INEFFECTIVE_DYNAMIC_IMPORT') return;
    if (level === 'warn') throw new Error(`${log.code ?? 'warning'}: ${log.message}`);
    handle(level, log);
  },
};

/** What every `git verify-commit` loads goes into one file: each further one costs its reader a fifth of a millisecond. */
function hotModules(): ReadonlySet<string> {
  const sources = readSources('.', 'src');
  const entries = [
    'src/commands/gpgsm.ts',
    'src/commands/dispatch.ts',
    'src/io/crypto.ts',
    'src/io/once-a-day.ts',
    'src/core/trust/key-files.ts',
  ];
  return new Set(
    entries.flatMap((entry) => [...staticClosure(sources, entry)]).map((path) => resolve(path)),
  );
}

async function nodeBundle(): Promise<void> {
  const hot = hotModules();
  await build({
    ...shared,
    transform: { define: { ...define, SIGNET_WORKER: '"../range-worker.cjs"' } },
    input: { 'git-signet': 'src/commands/main.ts', 'range-worker': WORKER },
    output: {
      dir: 'dist/node',
      format: 'cjs',
      minify: true,
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      codeSplitting: { groups: [{ name: (id) => (hot.has(id) ? 'hot' : null), debugName: 'hot' }] },
      cleanDir: true,
    },
  });
}

async function library(): Promise<void> {
  await build({
    ...shared,
    input: 'src/index.ts',
    output: { file: 'dist/index.js', format: 'esm' },
  });
  const types = [
    '--noEmit',
    'false',
    '--emitDeclarationOnly',
    '--declaration',
    '--outDir',
    'dist/types',
  ];
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', ...types]);
}

function executable(): void {
  // autoloading would read .env and bunfig.toml of the repository being verified, and run what they name
  const flags = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  const all = { ...define, SIGNET_WORKER: '"./range-worker.js"' };
  const names = Object.entries(all).flatMap(([name, value]) => ['--define', `${name}=${value}`]);
  const args = [
    '--compile',
    '--bytecode',
    '--minify',
    '--splitting',
    '--format=esm',
    ...flags,
    ...names,
  ];
  // the worker's entry goes in as a second module; the first one is what starts
  const entries = ['src/commands/main.ts', WORKER];
  run(bun ?? '', ['build', ...args, ...entries, '--outfile', 'dist/git-signet.new']);
  // a running copy keeps its own file
  renameSync('dist/git-signet.new', 'dist/git-signet');
  chmodSync('dist/git-signet', 0o755);
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
}

mkdirSync('dist', { recursive: true });
rmSync('dist/types', { recursive: true, force: true });
await nodeBundle();
await library();
executable();
