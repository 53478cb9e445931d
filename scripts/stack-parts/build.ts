/**
 * Builds the servers from their Go modules, at the versions that are pinned here, once, into a cache outside the tree.
 * Newer versions of Rekor, Rekor tiles and the timestamp authority want Go 1.27.
 */

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../../src/io/process.ts';

interface Module {
  readonly path: string;
  readonly version: string;
  /** Package below the module, by the name its program gets. */
  readonly programs: Readonly<Record<string, string>>;
}

const TRILLIAN = {
  path: 'github.com/google/trillian',
  version: 'v1.8.0',
  programs: {
    trillian_log_server: '/cmd/trillian_log_server',
    trillian_log_signer: '/cmd/trillian_log_signer',
    createtree: '/cmd/createtree',
  },
} as const satisfies Module;

const MODULES: readonly Module[] = [
  TRILLIAN,
  { path: 'github.com/sigstore/fulcio', version: 'v1.8.8', programs: { fulcio: '' } },
  {
    path: 'github.com/google/certificate-transparency-go',
    version: 'v1.4.0',
    programs: { ct_server: '/trillian/ctfe/ct_server' },
  },
  {
    path: 'github.com/sigstore/rekor',
    version: 'v1.5.4',
    programs: {
      'rekor-server': '/cmd/rekor-server',
      'rekor-cli': '/cmd/rekor-cli',
      'backfill-index': '/cmd/backfill-index',
    },
  },
  {
    path: 'github.com/sigstore/timestamp-authority/v2',
    version: 'v2.1.3',
    programs: { 'timestamp-server': '/cmd/timestamp-server' },
  },
  {
    path: 'github.com/sigstore/rekor-tiles/v2',
    version: 'v2.3.0',
    programs: { 'rekor-server-posix': '/cmd/rekor-server/posix' },
  },
];

/** One program of the slowest module took two minutes on two cores, from nothing. */
const BUILD_SECONDS = 1500;

export type Say = (line: string) => void;

const file = (program: string, { version }: Pick<Module, 'version'>): string =>
  `${program}-${version}`;
const SCHEMA = `trillian-${TRILLIAN.version}.sql`;

/** The database schema of Trillian's log storage. */
export const schemaIn = (cache: string): string => join(cache, SCHEMA);

/** A program's path in the cache, whether it is there or not. @throws RangeError for a name that is not built here */
export function programIn(cache: string, program: string): string {
  const module = MODULES.find(({ programs }) => program in programs);
  if (module === undefined) throw new RangeError(`no server is called ${program}`);
  return join(cache, file(program, module));
}

/** Files that a build would still have to make. */
export function missingIn(cache: string): readonly string[] {
  const wanted = MODULES.flatMap((one) => Object.keys(one.programs).map((name) => file(name, one)));
  return [...wanted, SCHEMA].filter((name) => !existsSync(join(cache, name)));
}

export const haveGo = (): boolean => findExecutable('go', process.env) !== undefined;

/** Runs Go in a directory; stdout. @throws Error with the tail of what it said */
function go(cwd: string, args: readonly string[]): string {
  const low = findExecutable('nice', process.env) === undefined ? [] : ['nice', '-n', '10'];
  const [program = 'go', ...rest] = [...low, 'go', ...args];
  const { status, signal, stdout, stderr, error } = spawnSync(program, rest, {
    cwd,
    env: { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' },
    encoding: 'utf8',
    timeout: BUILD_SECONDS * 1000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout;
  const why = error?.message ?? (signal === null ? `exit ${status}` : `ended by ${signal}`);
  const tail = stderr.trimEnd().split('\n').slice(-5).join('\n  ');
  throw new Error(`go ${args.join(' ')}: ${why}\n  ${tail}`);
}

function buildModule(module: Module, cache: string, work: string, say: Say): void {
  // a module of its own, not `go install`: that also asks the proxy for the list of versions, which some do not give
  writeFileSync(
    join(work, 'go.mod'),
    `module stack\n\ngo 1.26\n\nrequire ${module.path} ${module.version}\n`,
  );
  for (const [program, below] of Object.entries(module.programs)) {
    const target = join(cache, file(program, module));
    if (existsSync(target)) continue;
    const since = Date.now();
    say(`building ${program} ${module.version} ...`);
    const unfinished = `${target}.${process.pid}`;
    go(work, [
      ...['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w', '-o', unfinished],
      module.path + below,
    ]);
    renameSync(unfinished, target);
    say(`built ${program} ${module.version} in ${Math.round((Date.now() - since) / 1000)} s`);
  }
  if (module === TRILLIAN && !existsSync(schemaIn(cache))) {
    const root = go(work, ['list', '-m', '-f', '{{.Dir}}', module.path]).trim();
    copyFileSync(join(root, 'storage/postgresql/schema/storage.sql'), schemaIn(cache));
  }
}

/** Builds whatever is missing. @throws Error when a module does not build, or there is no Go */
export function buildServers(cache: string, say: Say): void {
  const missing = missingIn(cache);
  if (missing.length === 0) return;
  if (!haveGo()) throw new Error('Go is not on PATH, and the servers are not built yet');
  say(
    `building ${missing.length} servers and tools into ${cache}, once: some ten minutes on two cores`,
  );
  mkdirSync(cache, { recursive: true });
  for (const module of MODULES) {
    const work = mkdtempSync(join(tmpdir(), 'git-signet-build-'));
    try {
      buildModule(module, cache, work, say);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
}
