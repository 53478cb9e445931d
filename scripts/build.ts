/**
 * Builds from one source: the executable (Bun), the Node bundle (CommonJS: starts 6 ms sooner than modules; what is
 * imported lazily stays in chunks of its own) and the library with its types. Run by scripts/build, which sets BUN.
 */

import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { build, type InputOptions, type Plugin } from 'rolldown';
import { splitSignedObject } from '../src/core/git/object.ts';
import { readSources, staticClosure } from './imports.ts';
import { recordBundles } from './packaging/bundled.ts';
import { keyringFolders, NOTICES, writeNotices } from './packaging/notices.ts';

const { BUN: bun } = process.env;
if (bun === undefined) throw new Error('run scripts/build, which finds the runtimes');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const WORKER = 'src/commands/range-worker.ts';
const define = { SIGNET_VERSION: JSON.stringify(version) };

const record = recordBundles();

const shared: InputOptions = {
  platform: 'node',
  // modules before CommonJS, where a package has both: what is not used of it falls away
  resolve: { mainFields: ['module', 'main'] },
  transform: { define },
  // native: the executable carries it as a file, Node finds it where npm put it
  external: ['@napi-rs/keyring'],
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
 * The sandbox's issuer finds lifetimes and stored models by the names of its classes, which rolldown shortens and Bun
 * shortens again: written into the class, a name is data to both. (Two minifiers told to keep names would have to agree
 * for ever, and would make larger what every start loads.)
 */
const classNames: Plugin = {
  name: 'class-names',
  transform: {
    filter: { id: /\/node_modules\/oidc-provider\/lib\// },
    handler: (code) =>
      code.replaceAll(/\bclass (\w+)(?: extends [^{]+)? \{/g, "$& static name = '$1';"),
  },
};

/** Each takes from those after it. */
const FILES = ['start', 'face', 'verifying', 'signing'] as const;

/**
 * What every start loads, what git's two calls share, and what each of them loads beyond that goes into one file each:
 * every further one costs its reader time. A signature by way of the agent loads `verifying` while the agent is at work.
 * By path, the file's name.
 */
function hotModules(): ReadonlyMap<string, (typeof FILES)[number]> {
  const sources = readSources('.', 'src');
  const closure = (...entries: readonly string[]): Set<string> =>
    new Set(entries.flatMap((entry) => [...staticClosure(sources, `src/${entry}`)]));
  const start = closure('commands/main.ts');
  start.delete('src/commands/main.ts');
  const lazyButAlways = ['io/once-a-day.ts', 'core/trust/key-files.ts', 'commands/verify-made.ts'];
  const verifying = closure('commands/gpgsm-verify.ts', ...lazyButAlways);
  const signing = closure('commands/gpgsm-sign.ts', 'commands/sign-by-agent.ts');
  const both = [...signing].filter((path) => verifying.has(path));
  const face = new Set([...closure('commands/gpgsm.ts', 'io/terminal.ts'), ...both]);
  const files = { signing, verifying, face, start };
  const named = Object.entries(files).flatMap(([file, paths]) =>
    [...paths].map((path) => [resolve(path), file as keyof typeof files] as const),
  );
  return new Map(named);
}

async function bundle(format: 'cjs' | 'esm', dir: string, worker: string): Promise<void> {
  const hot = hotModules();
  const extension = format === 'cjs' ? 'cjs' : 'js';
  await build({
    ...shared,
    transform: {
      define: {
        ...define,
        SIGNET_WORKER: JSON.stringify(worker),
        SIGNET_EXECUTABLE: String(format === 'esm'),
      },
    },
    plugins: [classNames, record.plugin],
    input: { 'git-signet': 'src/commands/main.ts', 'range-worker': WORKER },
    output: {
      dir,
      format,
      minify: true,
      entryFileNames: `[name].${extension}`,
      // the notices tell a user which file holds openpgp, to put another in its place
      chunkFileNames: ({ moduleIds }) =>
        moduleIds.some((id) => id.includes('/node_modules/openpgp/'))
          ? `chunks/openpgp.${extension}`
          : `chunks/[name]-[hash].${extension}`,
      codeSplitting: {
        groups: FILES.map((file, index) => ({
          name: (id: string) => (hot.get(id) === file ? file : null),
          debugName: file,
          priority: FILES.length - index,
        })),
      },
      cleanDir: true,
    },
  });
}

async function library(): Promise<void> {
  await build({
    ...shared,
    plugins: [record.plugin],
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

/** Where the functions that a verification runs stand in the bytecode: in the order in which one ran them. */
function bytecodeOrder(program: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'git-signet-order-'));
  const order = join(directory, 'order');
  const vector = resolve('test/vectors/gitsign');
  const split = splitSignedObject(
    'commit',
    readFileSync(`${vector}/offline/01-plain.commit`),
    'sha1',
  );
  writeFileSync(join(directory, 'signature'), split?.signature ?? '');
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    SIGNET_TRUST: `${vector}/trust/trusted_root.json`,
    BUN_BYTECODE_ORDER_OUT: order,
  };
  run(program, ['--status-fd=1', '--verify', join(directory, 'signature'), '-'], {
    env,
    cwd: directory,
    input: split?.payload,
  });
  return order;
}

/** The keyring's native library for this platform, as a file for the executable to carry; none where there is none. */
function keyringLibrary(modules: string): readonly string[] {
  const packages = 'node_modules/@napi-rs';
  const prefix = `keyring-${process.platform}-${process.arch}`;
  const names = existsSync(packages) ? readdirSync(packages) : [];
  const native = names
    .filter((name) => name.startsWith(prefix))
    .flatMap((name) => readdirSync(join(packages, name)).map((file) => join(packages, name, file)))
    .find((path) => path.endsWith('.node'));
  if (native === undefined) {
    process.stderr.write(`no ${prefix}: the executable is built without a keyring\n`);
    return [];
  }
  const path = `${modules}/native.keyring`;
  copyFileSync(native, path);
  return [path];
}

async function executable(): Promise<void> {
  const modules = 'dist/modules';
  await bundle('esm', modules, './range-worker.js');
  writeNotices(record.parts(), keyringFolders());
  const args = [
    ...['build', '--compile', '--bytecode', '--minify', '--splitting', '--format=esm'],
    // autoloading would read .env and bunfig.toml of the repository being verified, and run what they name
    ...['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'],
    // git starts this once a commit: no run is long enough for its code to be worth compiling; `verify` undoes it
    '--compile-jit-policy=1000',
    ...['--loader=.keyring:file', '--loader=.txt:file'],
  ];
  // the worker's entry goes in as a second module; the first one is what starts
  const entries = [
    ...[`${modules}/git-signet.js`, `${modules}/range-worker.js`],
    ...keyringLibrary(modules),
    NOTICES,
  ];
  const made = resolve('dist/git-signet.new');
  run(bun ?? '', [...args, ...entries, '--outfile', made]);
  const order = bytecodeOrder(made);
  run(bun ?? '', [...args, `--bytecode-order=${order}`, ...entries, '--outfile', made]);
  // a running copy keeps its own file
  renameSync(made, 'dist/git-signet');
  chmodSync('dist/git-signet', 0o755);
  rmSync(dirname(order), { recursive: true });
  rmSync(modules, { recursive: true });
}

function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): void {
  const { status, error, stdout, stderr } = spawnSync(program, args, options);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
}

mkdirSync('dist', { recursive: true });
rmSync('dist/types', { recursive: true, force: true });
await bundle('cjs', 'dist/node', '../range-worker.cjs');
await library();
await executable();
