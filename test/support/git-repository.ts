/** A repository in a scratch directory, with git told to use the program under test, and nothing of this machine's settings. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment } from './invocation.ts';
import { addSettings, writeLoose } from './loose-objects.ts';
import { programUnderTest } from './program.ts';
import { scratchDirectory } from './sandbox.ts';
import { findProgram } from './tools.ts';

export interface Ran {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  readonly bytes: Buffer;
}

export interface ScratchRepository {
  readonly home: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly git: (...args: string[]) => Ran;
  /** With more environment, or input. */
  readonly gitWith: (
    more: { readonly env?: Record<string, string>; readonly input?: Uint8Array },
    ...args: string[]
  ) => Ran;
  /** The same without blocking: for programs that talk to a server of this process. */
  readonly gitMeanwhile: (
    more: { readonly env?: Record<string, string>; readonly input?: Uint8Array },
    ...args: string[]
  ) => Promise<Ran>;
  /** `git`, which must succeed: its output without the last line end. */
  readonly must: (...args: string[]) => string;
  /** Writes a raw object as it is; its name. */
  readonly write: (type: 'commit' | 'tag' | 'tree' | 'blob', raw: Uint8Array) => string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly input?: Uint8Array;
}

export function run(program: string, args: readonly string[], options: RunOptions): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    input: options.input ?? '',
  });
  if (error !== undefined) throw error;
  return { exit: status, out: stdout.toString(), err: stderr.toString(), bytes: stdout };
}

export function runMeanwhile(
  program: string,
  args: readonly string[],
  { input, ...options }: RunOptions,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    child.on('error', reject);
    child.on('close', (exit) => {
      const bytes = Buffer.concat(out);
      resolve({ exit, out: bytes.toString(), err: Buffer.concat(err).toString(), bytes });
    });
  });
}

export function scratchRepository(
  name: string,
  config: Readonly<Record<string, string>> = {},
  format: 'sha1' | 'sha256' = 'sha1',
): ScratchRepository {
  const home = scratchDirectory(name);
  const path = join(home, 'repository');
  mkdirSync(path);
  const env = { ...bareEnvironment(home), GIT_TERMINAL_PROMPT: '0' };
  // by its path: a test may put a planted git on PATH
  const program = findProgram('git', env) ?? 'git';
  const gitWith: ScratchRepository['gitWith'] = (more, ...args) =>
    run(program, args, {
      cwd: path,
      env: { ...env, ...more.env },
      ...(more.input === undefined ? {} : { input: more.input }),
    });
  const gitMeanwhile: ScratchRepository['gitMeanwhile'] = (more, ...args) =>
    runMeanwhile(program, args, {
      cwd: path,
      env: { ...env, ...more.env },
      ...(more.input === undefined ? {} : { input: more.input }),
    });
  const git: ScratchRepository['git'] = (...args) => gitWith({}, ...args);
  const checked = ({ exit, out, err }: Ran): string => {
    if (exit !== 0) throw new Error(err);
    return out.replace(/\n$/, '');
  };
  const must: ScratchRepository['must'] = (...args) => checked(git(...args));
  must('init', '-q', '-b', 'main', `--object-format=${format}`);
  const settings = {
    'user.name': 'Alice Example',
    'user.email': 'alice@example.test',
    'gpg.format': 'x509',
    'gpg.x509.program': programUnderTest(),
    ...config,
  };
  // what the repository itself sets does not count by itself: these are the person's
  const isOwn = ([key]: [string, string]): boolean => /^(?:signet|gitsign)\./i.test(key);
  const rows = Object.entries(settings);
  addSettings(join(home, 'gitconfig'), Object.fromEntries(rows.filter(isOwn)));
  const local = rows.filter((row) => !isOwn(row));
  addSettings(join(path, '.git/config'), Object.fromEntries(local));
  const objects = join(path, '.git/objects');
  const write: ScratchRepository['write'] = (type, raw) =>
    writeLoose(objects, format, { type, raw });
  return { home, path, env, git, gitWith, gitMeanwhile, must, write };
}
