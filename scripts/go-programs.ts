/** Builds programs from Go modules at pinned versions, once, into a cache outside the tree. Needs Go on PATH. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../src/system/process.ts';

export interface GoModule {
  readonly path: string;
  readonly version: string;
  /** Package below the module, by the name that its program gets. */
  readonly programs: Readonly<Record<string, string>>;
}

/** One program of the slowest module took two minutes on two cores, from nothing. */
const BUILD_SECONDS = 1500;

export type Say = (line: string) => void;

export const haveGo = (): boolean => findExecutable('go', process.env) !== undefined;

/** The path of a module's program in the cache, whether it is there or not. */
export const goProgram = (cache: string, program: string, { version }: GoModule): string =>
  join(cache, `${program}-${version}`);

/** Runs Go in a directory and returns its stdout. @throws Error with the tail of what Go said */
export function go(cwd: string, args: readonly string[]): string {
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
  const tail = (stderr ?? '').trimEnd().split('\n').slice(-5).join('\n  ');
  throw new Error(`go ${args.join(' ')}: ${why}\n  ${tail}`);
}

/**
 * Builds those programs of a module that the cache lacks. `afterwards` may ask Go for more while the module's scratch
 * directory is there. @throws Error where Go does not build one
 */
export function buildGoPrograms(
  module: GoModule,
  cache: string,
  say: Say,
  afterwards: (work: string) => void = () => undefined,
): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(tmpdir(), 'git-signet-build-'));
  try {
    // a module of its own, not `go install`: that also asks the proxy for the list of versions, which some do not give
    writeFileSync(
      join(work, 'go.mod'),
      `module programs\n\ngo 1.26\n\nrequire ${module.path} ${module.version}\n`,
    );
    for (const [program, below] of Object.entries(module.programs)) {
      const target = goProgram(cache, program, module);
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
    afterwards(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
