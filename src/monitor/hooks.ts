/**
 * Runs the user's programs for what was found, by certspotter's contract: every executable in a directory, with the
 * variables EVENT, SUMMARY and JSON_FILENAME. Texts in a certificate are the attacker's, so they are escaped, nothing of
 * them is an argument, and no other variable of ours is passed on.
 */

import { mkdtempSync, readdirSync, rmSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8Lossy } from '../core/bytes.ts';
import type { Environment } from '../system/environment.ts';
import { runProcess } from '../system/process.ts';
import { systemReason } from '../system/system-error.ts';

/** What a hook is told. */
export interface HookCall {
  /** A stable word: `unexplained-entry`. */
  readonly event: string;
  /** One line, escaped. */
  readonly summary: string;
  /** What the hook finds as JSON in a file. */
  readonly json: string;
}

/** Milliseconds that one hook has. */
const HOOK_TIME = 60_000;
const PASSED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'USER', 'SystemRoot', 'TEMP', 'TMPDIR'];

/** Returns the directory of hooks that is used if no setting names one, or undefined without a home. */
export function usualHooks({
  XDG_CONFIG_HOME: config,
  HOME: home,
}: Environment): string | undefined {
  if (config !== undefined && config !== '') return join(config, 'git-signet', 'hooks.d');
  return home === undefined ? undefined : join(home, '.config', 'git-signet', 'hooks.d');
}

/** Returns why another user could have written a file, or undefined if none could. */
function writableByOthers({ uid, mode }: Stats): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (uid !== own && uid !== 0) return 'it belongs to another user';
  return (mode & 0o022) === 0 ? undefined : 'other users may write to it';
}

interface FoundHooks {
  readonly programs: readonly string[];
  /** Why a file, or the directory, is passed over. */
  readonly troubles: readonly string[];
}

function hooksIn(directory: string): FoundHooks {
  const place = statSync(directory, { throwIfNoEntry: false });
  if (place === undefined) return { programs: [], troubles: [] };
  const bad = place.isDirectory() ? writableByOthers(place) : 'it is not a directory';
  if (bad !== undefined) return { programs: [], troubles: [`${directory}: ${bad}`] };
  const programs: string[] = [];
  const troubles: string[] = [];
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name);
    const found = statSync(path, { throwIfNoEntry: false });
    const runs = process.platform === 'win32' || ((found?.mode ?? 0) & 0o111) !== 0;
    if (name.startsWith('.') || found?.isFile() !== true || !runs) continue;
    const why = writableByOthers(found);
    if (why === undefined) programs.push(path);
    else troubles.push(`${path}: ${why}`);
  }
  return { programs, troubles };
}

/**
 * Runs every hook for every call, one after the other. Returns what went wrong, a line each. A hook that is passed over,
 * fails or takes longer than a minute is one. `env` gives PATH, HOME and the language, and nothing else.
 */
export async function runHooks(
  directory: string,
  calls: readonly HookCall[],
  env: Environment,
): Promise<readonly string[]> {
  if (calls.length === 0) return [];
  const { programs, troubles } = hooksIn(directory);
  if (programs.length === 0) return troubles;
  const failed = [...troubles];
  const scratch = mkdtempSync(join(tmpdir(), 'git-signet-monitor-'));
  const clean = Object.fromEntries(
    PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  try {
    for (const [at, { event, summary, json }] of calls.entries()) {
      const file = join(scratch, `${at}.json`);
      writeFileSync(file, `${json}\n`, { mode: 0o600 });
      const variables = { ...clean, EVENT: event, SUMMARY: summary, JSON_FILENAME: file };
      for (const program of programs) {
        const why = await runHook(program, variables);
        if (why !== undefined) failed.push(`${program}: ${why}`);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return failed;
}

async function runHook(program: string, env: Environment): Promise<string | undefined> {
  try {
    const { exitCode, stderr } = await runProcess(program, [], {
      cwd: '/',
      env,
      timeout: HOOK_TIME,
    });
    if (exitCode === 0) return undefined;
    const said = fromUtf8Lossy(stderr).trim().split('\n').at(-1) ?? '';
    return `it ended with ${exitCode}${said === '' ? '' : `: ${said.slice(0, 200)}`}`;
  } catch (error) {
    return `it cannot be started: ${systemReason(error)}`;
  }
}
