/**
 * The three bundles of one source: modules for the executable, one file with lazy chunks for Node (CommonJS starts 6 ms
 * sooner than modules), and the library with its types. Paths are relative to the working directory.
 */

import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type InputOptions, type Plugin } from 'rolldown';
import { readSources, staticClosure } from '../imports.ts';
import { type Part, recordBundles } from '../packaging/bundled.ts';
import { evidenceDigest } from './evidence.ts';
import { run } from './run.ts';

const WORKER = 'src/gate/worker.ts';
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/** The same for the same sources and locked packages, in whatever folder they lie. */
function buildDigest(): string {
  const hash = createHash('sha256').update(readFileSync('package-lock.json'));
  for (const [path, text] of readSources('.', 'src')) hash.update(`\0${path}\0${text}`);
  return hash.digest('hex').slice(0, 16);
}

const define = {
  SIGNET_VERSION: JSON.stringify(version),
  SIGNET_BUILD: JSON.stringify(buildDigest()),
  SIGNET_EVIDENCE: JSON.stringify(evidenceDigest(readSources('.', 'src'))),
};

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
 * without end, and would enlarge what every start loads.)
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
    new Set(entries.flatMap((entry) => [...staticClosure(sources, entry)]));
  const start = closure('src/main.ts');
  start.delete('src/main.ts');
  const lazyButAlways = [
    'src/system/once-a-day.ts',
    'src/core/trust/key-files.ts',
    'src/signing/verify-made.ts',
  ];
  const verifying = closure('src/gpgsm/verify.ts', ...lazyButAlways);
  const signing = closure('src/gpgsm/sign.ts', 'src/agent/client/sign-by-agent.ts');
  const both = [...signing].filter((path) => verifying.has(path));
  const face = new Set([...closure('src/gpgsm/gpgsm.ts', 'src/system/terminal.ts'), ...both]);
  const files = { signing, verifying, face, start };
  const named = Object.entries(files).flatMap(([file, paths]) =>
    [...paths].map((path) => [resolve(path), file as keyof typeof files] as const),
  );
  return new Map(named);
}

interface Form {
  readonly format: 'cjs' | 'esm';
  readonly dir: string;
  /** Path of the worker's entry, as the entry beside it or above it names it. */
  readonly worker: string;
  /** Takes note of the packages that are in the output. */
  readonly recorder: Plugin;
}

async function bundle({ format, dir, worker, recorder }: Form): Promise<void> {
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
    plugins: [classNames, recorder],
    input: { 'git-signet': 'src/main.ts', 'range-worker': WORKER },
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

async function library(recorder: Plugin): Promise<void> {
  rmSync('dist/types', { recursive: true, force: true });
  await build({
    ...shared,
    plugins: [recorder],
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

/** Where the modules lie that an executable is compiled from. */
export const MODULES = 'dist/modules';

/** Where the list of bundled packages is written, for the bill of materials. */
export const BUNDLED = 'dist/bundled.json';

/** Makes `dist/node`, `dist/index.js` with `dist/types`, MODULES and BUNDLED. Returns the packages whose code is in them. */
export async function bundleAll(): Promise<readonly Part[]> {
  const { plugin: recorder, parts } = recordBundles();
  await bundle({ format: 'cjs', dir: 'dist/node', worker: '../range-worker.cjs', recorder });
  await library(recorder);
  await bundle({ format: 'esm', dir: MODULES, worker: './range-worker.js', recorder });
  const packages = parts();
  const listed = packages.map(({ name, version, licence }) => ({ name, version, licence }));
  writeFileSync(BUNDLED, `${JSON.stringify(listed, null, 1)}\n`);
  return packages;
}
