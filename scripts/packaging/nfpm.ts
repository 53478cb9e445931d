/**
 * nfpm, which writes Debian's and RPM's formats without their tools. Built once from its Go module into the cache beside
 * the stack's servers; newer versions want a module that not every proxy serves.
 */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildGoPrograms, type GoModule, goProgram, haveGo } from '../go-programs.ts';
import { StepError } from './step.ts';

const NFPM: GoModule = {
  path: 'github.com/goreleaser/nfpm/v2',
  version: 'v2.45.2',
  programs: { nfpm: '/cmd/nfpm' },
};

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'git-signet', 'packaging');

/** Path of nfpm. The first call builds it (half a minute). @throws StepError where there is neither nfpm nor Go */
export function nfpm(): string {
  const program = goProgram(cacheFolder(), 'nfpm', NFPM);
  if (existsSync(program)) return program;
  if (!haveGo()) {
    throw new StepError(
      'packages cannot be made: nfpm is not built yet, and Go is not on PATH',
      'install Go 1.26 or newer',
    );
  }
  buildGoPrograms(NFPM, cacheFolder(), (line) => void process.stderr.write(`release: ${line}\n`));
  return program;
}

/** Runs nfpm. @throws StepError with what nfpm said */
export function runNfpm(args: readonly string[], env: Readonly<Record<string, string>>): void {
  try {
    execFileSync(nfpm(), args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  } catch (error) {
    if (error instanceof StepError) throw error;
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim() ?? String(error);
    throw new StepError(`nfpm ${args.join(' ')}: ${said}`, 'read the configuration that it names');
  }
}
