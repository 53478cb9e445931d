/**
 * Starts child processes: no shell, an absolute path, an explicit environment, captured output.
 * Programs are found through PATH only, never in the current directory (threat I04). On Bun its own functions are
 * used and no module of Node is loaded, because git is asked for its settings before the rest has loaded.
 */

import { type BunRuntime, bunRuntime } from './bun.ts';
import type { Environment } from './environment.ts';
import { nodeFs } from './node-fs.ts';
import { delimiter, isAbsolute, join } from './paths.ts';

export interface ProcessOptions {
  readonly cwd: string;
  readonly env: Environment;
  readonly input?: Uint8Array | undefined;
  /** Drops the child's stderr. */
  readonly silent?: boolean;
  /** Milliseconds after which the child is killed. It then ends with 128 + 15. */
  readonly timeout?: number;
}

export interface ProcessResult {
  /** The exit code, or 128 + n for a signal, as shells count. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** Child processes that have not ended. */
const running = new Set<Killable>();
let ending = false;

interface Killable {
  readonly kill: () => unknown;
}

/** Notes a child process until it has ended. After `endChildren`, it is ended at once. */
export function noteChild(child: Killable, ended: Promise<unknown>): void {
  if (ending) child.kill();
  running.add(child);
  const forget = (): boolean => running.delete(child);
  ended.then(forget, forget);
}

/** Ends all child processes that only answer this process, and every later one at its start. For a run that gives up. */
export function endChildren(): void {
  ending = true;
  for (const child of running) child.kill();
}

const WINDOWS = process.platform === 'win32';

/** Looks without exceptions where it can. Most entries of PATH hold no git, and an exception costs as much as ten looks. */
function isProgram(path: string): boolean {
  try {
    const found = nodeFs().statSync(path, { throwIfNoEntry: false });
    return found?.isFile() === true && (WINDOWS || (found.mode & 0o111) !== 0);
  } catch {
    // the folder is closed to this user, or its links lead in a circle
    return false;
  }
}

/** The absolute folders of PATH, in order. Relative and empty entries are passed over. */
function foldersOf(env: Environment): readonly string[] {
  const path = env.PATH ?? (WINDOWS ? env.Path : undefined) ?? '';
  return path.split(delimiter).filter(isAbsolute);
}

/** Where PATH may have a program of that name, in order. */
function placesOf(name: string, env: Environment): readonly string[] {
  const file = WINDOWS && !/\.\w+$/.test(name) ? `${name}.exe` : name;
  return foldersOf(env).map((folder) => join(folder, file));
}

/** Every program of that name on PATH, in order, by its absolute path. */
export function programsNamed(name: string, env: Environment): readonly string[] {
  return placesOf(name, env).filter(isProgram);
}

/** Returns the absolute path of a program on PATH. Relative and empty entries of PATH are skipped. */
export function findExecutable(name: string, env: Environment): string | undefined {
  if (isAbsolute(name)) return isProgram(name) ? name : undefined;
  if (name.includes('/') || name.includes('\\')) return undefined;
  const bun = bunRuntime();
  if (bun !== undefined && !WINDOWS)
    return bun.which(name, { PATH: foldersOf(env).join(delimiter) }) ?? undefined;
  return placesOf(name, env).find(isProgram);
}

async function runOnBun(
  bun: BunRuntime,
  command: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const { silent = false } = options;
  const child = bun.spawn(command, {
    cwd: options.cwd,
    env: options.env,
    stdin: options.input ?? 'ignore',
    stdout: 'pipe',
    stderr: silent ? 'ignore' : 'pipe',
    timeout: options.timeout,
  });
  noteChild(child, child.exited);
  const [stdout, stderr, exitCode] = await Promise.all([
    bun.readableStreamToArrayBuffer(child.stdout),
    silent ? new ArrayBuffer() : bun.readableStreamToArrayBuffer(child.stderr),
    child.exited,
  ]);
  return { exitCode, stdout: new Uint8Array(stdout), stderr: new Uint8Array(stderr) };
}

function runOnNode(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve, reject) => {
    const stdin = options.input === undefined ? 'ignore' : 'pipe';
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: [stdin, 'pipe', options.silent === true ? 'ignore' : 'pipe'],
      windowsHide: true,
      timeout: options.timeout,
    });
    const output: Buffer[] = [];
    const talk: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => talk.push(chunk));
    const { promise: ended, resolve: forget } = Promise.withResolvers<void>();
    noteChild(child, ended);
    child.once('error', (error) => {
      forget();
      reject(error);
    });
    child.once('close', (code) => {
      forget();
      resolve({
        exitCode: code ?? 255,
        stdout: Buffer.concat(output),
        stderr: Buffer.concat(talk),
      });
    });
    // a child that does not read its input is no failure: its exit code says what happened
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Runs `program` (an absolute path) to its end. Rejects only if it cannot be started. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  const bun = bunRuntime();
  return bun === undefined
    ? runOnNode(program, args, options)
    : runOnBun(bun, [program, ...args], options);
}
