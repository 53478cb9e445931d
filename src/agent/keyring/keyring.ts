/**
 * Secrets in the keyring of the operating system, under service `git-signet`. The native library runs in a process of
 * its own, one for each question. It may block without end (a locked keyring, a bus that does not answer), even while it is
 * opened, and the program then ends that process only. No failure stops the signature, and no secret is kept in a file
 * instead (threat D19).
 */

import { visible } from '../../core/escape.ts';
import type { Environment } from '../../system/environment.ts';
import { programWords } from '../../system/runtime.ts';
import { Secret } from '../../system/secret.ts';

interface Keyring {
  /** Returns the secret, or undefined if there is none, if another program wrote it, or if the keyring gives none. */
  readonly get: (address: string) => Promise<Secret | undefined>;
  /** Returns true once the secret is kept. */
  readonly set: (address: string, secret: Secret) => Promise<boolean>;
  /** Returns why the secret may still be there, or undefined once it is deleted. */
  readonly delete: (address: string) => Promise<string | undefined>;
  /** The same for every login that any agent of this user ever kept. */
  readonly clear: () => Promise<string | undefined>;
}

interface KeyringOptions {
  /** What the library finds the keyring by (DBUS_SESSION_BUS_ADDRESS, HOME). Default: this process's own. */
  readonly env?: Environment | undefined;
  /** The file that this process started from. */
  readonly entry?: string;
  /** Seconds for one answer. Default 10, because a person may be asked to unlock the keyring. */
  readonly deadline?: number;
}

/** A question to the helper, as JSON on its standard input. Neither arguments nor environment carry a secret. */
export interface KeyringQuestion {
  readonly operation: 'probe' | 'get' | 'set' | 'delete' | 'clear';
  readonly address: string;
  readonly secret?: string;
}

export interface KeyringAnswer {
  readonly done: boolean;
  /** What `get` found. */
  readonly secret?: string | undefined;
  /** Why not, in the library's words. */
  readonly problem?: string | undefined;
}

const DEADLINE = 10;
const MAX_ANSWER = 16 * 1024;
const MAX_PROBLEM = 200;
const KEPT = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TMPDIR', 'XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME'],
  ...['XDG_DATA_HOME', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY', 'SystemRoot'],
  ...['USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP'],
];

/** Returns what the helper needs to find the desktop, and nothing else: no token, no setting of git's. */
function helperEnvironment(env: Environment | undefined): Environment | undefined {
  if (env === undefined) return undefined;
  return Object.fromEntries(KEPT.map((name) => [name, env[name]]));
}

function readAnswer(bytes: Uint8Array): KeyringAnswer {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && 'done' in value) {
      const { done, secret, problem } = value as Readonly<Record<string, unknown>>;
      return {
        done: done === true,
        secret: typeof secret === 'string' ? secret : undefined,
        problem: typeof problem === 'string' ? visible(problem).slice(0, MAX_PROBLEM) : undefined,
      };
    }
  } catch {
    // the helper's answer is no JSON
  }
  return { done: false, problem: 'the keyring helper gave no answer' };
}

/** Asks once. Never rejects. The helper has ended, or was killed, when this settles. */
export async function askKeyring(
  question: KeyringQuestion,
  options: KeyringOptions = {},
): Promise<KeyringAnswer> {
  const { spawn } = await import('node:child_process');
  const [program, ...words] = programWords(options.entry);
  const env = helperEnvironment(options.env);
  const seconds = options.deadline ?? DEADLINE;
  return new Promise((resolve) => {
    const failed = (problem: string): void => resolve({ done: false, problem });
    const child = spawn(program, [...words, 'keyring'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      windowsHide: true,
      env: env && { ...env },
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      failed(`no answer within ${seconds} s`);
    }, seconds * 1000);
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.on('error', () => {
      clearTimeout(timer);
      failed('the keyring helper cannot be started');
    });
    child.on('close', () => {
      clearTimeout(timer);
      resolve(readAnswer(Buffer.concat(chunks)));
    });
    child.stdin.end(JSON.stringify(question));
  });
}

/** Returns why the keyring of this machine cannot be used, or undefined if it can. */
export function keyringProblem(options: KeyringOptions = {}): Promise<string | undefined> {
  return problemOf({ operation: 'probe', address: 'probe' }, options);
}

/** Returns the keyring, or undefined if none answers, which is normal. Never rejects. */
export async function openKeyring(options: KeyringOptions = {}): Promise<Keyring | undefined> {
  if ((await keyringProblem(options)) !== undefined) return undefined;
  return {
    get: async (address) => {
      const { done, secret } = await askKeyring({ operation: 'get', address }, options);
      return done && secret !== undefined ? new Secret(secret) : undefined;
    },
    set: async (address, secret) => {
      const question = { operation: 'set', address, secret: secret.reveal() } as const;
      return (await askKeyring(question, options)).done;
    },
    delete: (address) => problemOf({ operation: 'delete', address }, options),
    clear: () => problemOf({ operation: 'clear', address: '' }, options),
  };
}

async function problemOf(
  question: KeyringQuestion,
  options: KeyringOptions,
): Promise<string | undefined> {
  const { done, problem } = await askKeyring(question, options);
  return done ? undefined : (problem ?? 'no reason given');
}

/**
 * Returns where the keyring keeps the login of an instance (its digest) for an expectation. It is percent-encoded, because a
 * committer's name may hold what no keyring takes in an address.
 */
export function keyringAddress(digest: string, expected: string): string {
  return `${digest}:${encodeURI(expected.toWellFormed())}`;
}
