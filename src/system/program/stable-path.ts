/**
 * Paths that outlive an upgrade. Package managers keep each version in a folder of its own and lead to it by a link
 * (Homebrew, nix, `latest` of mise) or by a shim, a small program that looks for the version when it is started (mise, asdf,
 * volta). What is written into a configuration must be the link or the shim, because an upgrade removes the folder.
 */

import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { programsNamed, runProcess } from '../process.ts';

/** How the name of the folder begins that a sandbox owns and removes. */
export const SANDBOX_FOLDER = 'git-signet-sandbox-';
/** Folders that one version, one shell or one cache owns, whatever stands below them. */
const PASSING = /^(?:Cellar|_npx|dlx|fnm_multishells|git-signet-sandbox-\w{6})$/;
const VERSION = /(?:^|[^A-Za-z0-9.])v?\d+\.\d+/;

const namesVersion = (part: string): boolean => PASSING.test(part) || VERSION.test(part);

/** True for a path that names a version, or a folder that is removed from time to time: an upgrade may take it away. */
export function passesAway(path: string): boolean {
  return /^\/(?:nix|gnu)\/store\//.test(path) || path.split(/[\\/]/).some(namesVersion);
}

/** True where both paths lead to one file. */
export function sameFile(one: string, other: string): boolean {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}

/** The links beside a folder that names a version: `latest`, `current`. */
function* linksBeside(path: string): Generator<string> {
  const parts = path.split('/');
  for (const [at, part] of parts.entries()) {
    if (!namesVersion(part)) continue;
    const parent = parts.slice(0, at).join('/') || '/';
    try {
      for (const entry of readdirSync(parent, { withFileTypes: true })) {
        // a link that is called 1 always leads to version 1
        if (!entry.isSymbolicLink() || /\d/.test(entry.name)) continue;
        yield join(parent, entry.name, ...parts.slice(at + 1));
      }
    } catch {
      // a folder that may not be listed
    }
  }
}

/**
 * Returns a path that leads to the same file and outlives an upgrade: a link of PATH that is called `name`, else `path` itself,
 * else a link beside the folder of its version. Undefined where each of them passes away.
 */
export function stableLink(path: string, name: string, env: Environment): string | undefined {
  const lasts = (found: string): boolean => !passesAway(found) && sameFile(found, path);
  const named = programsNamed(name, env).find(lasts);
  if (named !== undefined || !passesAway(path)) return named ?? path;
  return [...linksBeside(path)].find(lasts);
}

/** How a program is asked whether it is the one that is looked for. */
export interface Proof {
  readonly args: readonly string[];
  readonly accepts: (stdout: string) => boolean;
  /** Milliseconds that one program may take, by default 10,000. asdf's shim needs 300 on a busy machine. */
  readonly patience?: number;
}

/** What a client that was not started from a shell gives to git: no folder that a shell's own files add. */
const PLAIN_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';
const KEPT = [
  ...['HOME', 'USER', 'LOGNAME', 'TMPDIR', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'],
  ...['SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP'],
];

async function answerOf(
  program: string,
  { args, patience = 10_000 }: Proof,
  env: Environment,
): Promise<string> {
  const kept = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const plain = { ...Object.fromEntries(kept), PATH: PLAIN_PATH };
  let timer: NodeJS.Timeout | undefined;
  // what a shim started may hold its output open when the shim itself is stopped
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(''), patience);
  });
  const options = { cwd: env['HOME'] ?? '/', env: plain, silent: true, timeout: patience };
  try {
    const ran = runProcess(program, args, options).then(({ exitCode, stdout }) =>
      exitCode === 0 ? Buffer.from(stdout).toString() : '',
    );
    return await Promise.race([ran, late]);
  } catch {
    return '';
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns the first program of PATH that is called `name`, passes nothing away and answers the proof when it is started
 * with a plain PATH: a shim, or a script around the program. `fits` says which are started.
 */
export async function provenShim(
  name: string,
  proof: Proof,
  env: Environment,
  fits: (path: string) => boolean,
): Promise<string | undefined> {
  for (const found of programsNamed(name, env)) {
    if (passesAway(found) || !fits(found)) continue;
    if (proof.accepts(await answerOf(found, proof, env))) return found;
  }
  return undefined;
}
