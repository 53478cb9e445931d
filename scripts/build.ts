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

/**
 * What every `git verify-commit` loads, beyond what every start loads, goes into one file: each further one costs its
 * reader time.
 */
function hotModules(): ReadonlySet<string> {
  const sources = readSources('.', 'src');
  const closure = (entry: string): ReadonlySet<string> => staticClosure(sources, `src/${entry}`);
  const start = closure('commands/main.ts');
  const lazyButAlways = ['io/terminal.ts', 'io/once-a-day.ts', 'core/trust/key-files.ts'];
  const hot = ['commands/gpgsm.ts', ...lazyButAlways].flatMap((entry) => [...closure(entry)]);
  return new Set(hot.filter((path) => !start.has(path)).map((path) => resolve(path)));
}

async function bundle(format: 'cjs' | 'esm', dir: string, worker: string): Promise<void> {
  const hot = hotModules();
  const extension = format === 'cjs' ? 'cjs' : 'js';
  const name = (id: string): string | null => (hot.has(id) ? 'hot' : null);
  await build({
    ...shared,
    transform: { define: { ...define, SIGNET_WORKER: JSON.stringify(worker) } },
    input: { 'git-signet': 'src/commands/main.ts', 'range-worker': WORKER },
    output: {
      dir,
      format,
      minify: true,
      entryFileNames: `[name].${extension}`,
      chunkFileNames: `chunks/[name]-[hash].${extension}`,
      codeSplitting: { groups: [{ name, debugName: 'hot' }] },
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

async function executable(): Promise<void> {
  const modules = 'dist/modules';
  await bundle('esm', modules, './range-worker.js');
  // autoloading would read .env and bunfig.toml of the repository being verified, and run what they name
  const flags = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
  const args = ['--compile', '--bytecode', '--minify', '--splitting', '--format=esm', ...flags];
  // the worker's entry goes in as a second module; the first one is what starts
  const entries = [`${modules}/git-signet.js`, `${modules}/range-worker.js`];
  run(bun ?? '', ['build', ...args, ...entries, '--outfile', 'dist/git-signet.new']);
  // a running copy keeps its own file
  renameSync('dist/git-signet.new', 'dist/git-signet');
  chmodSync('dist/git-signet', 0o755);
  rmSync(modules, { recursive: true });
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
}

mkdirSync('dist', { recursive: true });
rmSync('dist/types', { recursive: true, force: true });
await bundle('cjs', 'dist/node', '../range-worker.cjs');
await library();
await executable();
