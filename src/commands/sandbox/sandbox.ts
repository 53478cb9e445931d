/**
 * `git signet sandbox start | stop | run -- COMMAND`: a private Sigstore on loopback, to try things out. `run` changes only
 * its child's environment, and leaves nothing behind.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { type Command, loaded } from '../../cli/command.ts';
import type { OptionSpecs, ParsedArguments } from '../../cli/spec.ts';
import { type ExitCode, UsageError } from '../../errors.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Environment } from '../../system/environment.ts';
import type { Invocation } from '../../system/invocation.ts';
import { installOwnProgram } from '../../system/program/own-program.ts';
import { SANDBOX_FOLDER } from '../../system/program/stable-path.ts';
import { keysFor } from '../init.ts';
import type { DaemonOptions } from './daemon-options.ts';

function daemonOptions(invocation: Invocation, args: ParsedArguments): DaemonOptions {
  const dir = args.values.get('dir') ?? defaultDirectory(invocation.env);
  return {
    dir: resolve(invocation.cwd, dir),
    named: args.values.has('dir'),
    port: portOf(args),
    rekorVersion: rekorVersionOf(args),
  };
}

function defaultDirectory(env: Environment): string {
  const state =
    env.XDG_STATE_HOME ?? (env.HOME === undefined ? undefined : join(env.HOME, '.local', 'state'));
  if (state === undefined)
    throw new UsageError('neither HOME nor XDG_STATE_HOME is set', {
      hint: 'name a directory: git signet sandbox start --dir DIR',
    });
  return join(state, 'git-signet', 'sandbox');
}

function portOf(args: ParsedArguments): number | undefined {
  const text = args.values.get('port');
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_530)
    throw new UsageError(`--port takes a number from 1 to 65530, not ${text}`);
  return port;
}

function rekorVersionOf({ values }: ParsedArguments): 1 | 2 {
  return values.get('rekor') === '2' ? 2 : 1;
}

/** Variables that would lead a child to another Sigstore. */
const FOREIGN = /^(?:SIGNET|GITSIGN|SIGSTORE|TUF)_/;

/** Returns the environment with the settings of the sandbox instead of other instances'. git's settings are added to those that are there. */
export function sandboxEnvironment(
  env: Environment,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !FOREIGN.test(entry[0]),
  );
  const result = Object.fromEntries(kept);
  const offset = Number(result.GIT_CONFIG_COUNT ?? '0') || 0;
  for (const [name, value] of Object.entries(added)) {
    const pair = /^(GIT_CONFIG_(?:KEY|VALUE)_)(\d+)$/.exec(name);
    if (pair !== null) result[`${pair[1]}${Number(pair[2]) + offset}`] = value;
    else if (name === 'GIT_CONFIG_COUNT') result[name] = String(Number(value) + offset);
    else result[name] = value;
  }
  return result;
}

/** In seconds: how long a user may try things out in a shell. */
const TOKEN_SECONDS = 24 * 3600;

async function childEnvironment(
  invocation: Invocation,
  args: ParsedArguments,
  sandbox: Sandbox,
): Promise<Record<string, string>> {
  const email = args.values.get('user') ?? 'alice@example.test';
  const [name = email] = email.split('@');
  const token = args.switches.has('browser')
    ? undefined
    : await sandbox.mintToken({ email, expiresIn: TOKEN_SECONDS });
  const { path } = await installOwnProgram({ ...invocation, directory: sandbox.dir });
  const added = sandbox.environment({
    rekorVersion: rekorVersionOf(args),
    user: { name, email },
    token,
    gitConfig: Object.fromEntries(keysFor(path)),
  });
  const { ownFolders } = await import('./agent.ts');
  const { withGlobalConfig } = await import('./config.ts');
  const configured = withGlobalConfig(added, sandbox.dir, invocation.env);
  const { withOwnProgram, greet } = await import('./shell.ts');
  greet(invocation, args.rest, { email, onPage: token === undefined });
  const env = withOwnProgram(invocation.env, path);
  return sandboxEnvironment(env, { ...configured, ...ownFolders(sandbox.dir) });
}

async function runCommand(invocation: Invocation, args: ParsedArguments): Promise<ExitCode> {
  // the issuer's packages make Bun print warnings into the child's output
  Object.assign(process, { noDeprecation: true });
  const [program, ...rest] = args.rest;
  if (program === undefined)
    throw new UsageError('run needs a command', { hint: 'git signet sandbox run -- COMMAND' });
  const port = portOf(args);
  const kept = args.values.get('dir');
  const dir =
    kept === undefined
      ? mkdtempSync(join(tmpdir(), SANDBOX_FOLDER))
      : resolve(invocation.cwd, kept);
  try {
    const { startSandbox } = await import('../../sandbox/index.ts');
    const sandbox = await startSandbox({ dir, port });
    try {
      const env = await childEnvironment(invocation, args, sandbox);
      return await runChild(program, rest, { cwd: invocation.cwd, env });
    } finally {
      const { endAgents } = await import('./agent.ts');
      await endAgents(dir);
      await sandbox.close();
    }
  } finally {
    if (kept === undefined) rmSync(dir, { recursive: true, force: true });
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Runs the child on our own streams to its end. Returns its exit code, or 128 + n for signal n, as shells do. */
function runChild(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<ExitCode> {
  return new Promise((done, reject) => {
    let child: ChildProcess | undefined;
    // the terminal signals its whole foreground group, so a child there has received ^C already
    const fromTerminal = isatty(0);
    const pass = (signal: NodeJS.Signals): void => {
      if (!(fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child?.kill(signal);
    };
    const end = (): void => {
      for (const signal of SIGNALS) process.off(signal, pass);
    };
    // before the child starts, because a signal may come before spawn returns
    for (const signal of SIGNALS) process.on(signal, pass);
    child = spawn(command, args, { ...options, stdio: 'inherit' });
    child.on('error', (cause) => {
      end();
      reject(new UsageError(`${command} cannot be run`, { cause }));
    });
    child.on('close', (code, signal) => {
      end();
      // the exit code is the child's own
      done((code ?? 128 + (signal === null ? 0 : constants.signals[signal])) as ExitCode);
    });
  });
}

const PLACE: OptionSpecs = {
  dir: {
    takes: 'directory',
    meaning:
      'where keys and logs are kept (start: $XDG_STATE_HOME/git-signet/sandbox, run: nowhere)',
  },
};
const START: OptionSpecs = {
  ...PLACE,
  port: { takes: 'text', value: 'N', meaning: 'first of six ports in a row (default: free ones)' },
  rekor: { takes: ['1', '2'], meaning: 'which log the signatures go to (default 1)' },
};

export const command: Command = {
  summary: 'a private Sigstore on this machine',
  subcommands: {
    start: loaded({
      summary: 'start one',
      options: START,
      about: ['in the background, and prints the environment to take over'],
      run: async (args, invocation) =>
        (await import('./daemon.ts')).start(invocation, daemonOptions(invocation, args)),
    }),
    stop: loaded({
      summary: 'end it',
      options: PLACE,
      about: ['ends it, and keeps keys and logs'],
      run: async (args, invocation) =>
        (await import('./daemon.ts')).stop(invocation, daemonOptions(invocation, args).dir),
    }),
    run: loaded({
      summary: 'run a command in one',
      options: {
        ...START,
        user: {
          takes: 'text',
          value: 'EMAIL',
          meaning: 'who signs: alice@example.test (default) or bob@example.test',
        },
        browser: { meaning: "log in on the sandbox's page instead of with a ready-made token" },
      },
      rest: 'COMMAND [ARGUMENT…]',
      about: ['runs COMMAND in a sandbox of its own, and leaves nothing behind'],
      run: (args, invocation) => runCommand(invocation, args),
    }),
    serve: loaded({
      summary: 'the child of start',
      internal: true,
      options: START,
      about: [],
      run: async (args, invocation) =>
        (await import('./daemon.ts')).serve(invocation, daemonOptions(invocation, args)),
    }),
  },
  about: [
    'A private Sigstore on this machine: issuer, Fulcio, CT log, Rekor v1 and v2, timestamp authority. Nothing leaves the machine, nothing becomes public, none of its people is real.',
  ],
  examples: [
    ['git signet sandbox run -- git commit -S -m "try it"'],
    ['eval "$(git signet sandbox start)"', 'then any git command in this shell'],
  ],
  exits: { 0: "done (run ends with the command's own code)", 2: 'usage' },
};
