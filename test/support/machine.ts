/** A person's machine for stories with an agent: a home, an opener that logs in by itself, repositories; `close` ends every agent. */

import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { AgentState } from '../../src/agent/wire/protocol.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type Ran, runMeanwhile } from './git-repository.ts';
import { bareEnvironment } from './invocation.ts';
import { addSettings } from './loose-objects.ts';
import { programUnderTest } from './program.ts';
import { scratchDirectory } from './sandbox.ts';

type More = Readonly<Record<string, string>>;

export interface Machine {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** A directory of that name below home, made if it is not there. */
  readonly directory: (name: string) => string;
  readonly git: (cwd: string, args: readonly string[], more?: More) => Promise<Ran>;
  /** `git`, which must succeed: its output without the last line end. */
  readonly must: (cwd: string, ...args: string[]) => Promise<string>;
  /** A new repository with the program set up, and more of its own configuration. */
  readonly repository: (name: string, config?: More) => Promise<string>;
  /** The program itself. */
  readonly signet: (
    cwd: string,
    args: readonly string[],
    more?: { readonly env?: More; readonly input?: string },
  ) => Promise<Ran>;
  readonly close: () => Promise<void>;
}

const CLICK = fileURLToPath(new URL('click.ts', import.meta.url));

/** `settings` are `signet.*` of the person's own configuration. */
export async function machineAt(sandbox: Sandbox, settings: More = {}): Promise<Machine> {
  const home = scratchDirectory('m');
  const runtime = join(home, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const opener = join(home, 'opener');
  writeFileSync(opener, `#!/bin/sh\nexec '${process.execPath}' '${CLICK}' "$1"\n`);
  chmodSync(opener, 0o755);
  const env = {
    ...bareEnvironment(home),
    XDG_RUNTIME_DIR: runtime,
    SIGNET_AGENT: 'yes',
    GIT_TERMINAL_PROMPT: '0',
    ...sandbox.env,
  };
  const program = programUnderTest();
  const git: Machine['git'] = (cwd, args, more = {}) =>
    runMeanwhile('git', args, { cwd, env: { ...env, ...more } });
  const must: Machine['must'] = async (cwd, ...args) => {
    const { exit, out, err } = await git(cwd, args);
    if (exit !== 0) throw new Error(`git ${args.join(' ')}: ${err}`);
    return out.replace(/\n$/, '');
  };
  const signet: Machine['signet'] = (cwd, args, more = {}) =>
    runMeanwhile(program, args, {
      cwd,
      env: { ...env, ...more.env },
      ...(more.input === undefined ? {} : { input: Buffer.from(more.input) }),
    });
  addSettings(join(home, 'gitconfig'), {
    'user.name': 'Alice',
    'user.email': 'alice@example.test',
    'init.defaultBranch': 'main',
    'gpg.format': 'x509',
    'gpg.x509.program': program,
    'commit.gpgSign': 'true',
    'signet.urlOpener': `${opener} {url}`,
    'signet.publishIdentity': 'yes',
    // an agent that a killed test left behind goes by itself
    'signet.agentIdle': '120',
    ...Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`signet.${name}`, value]),
    ),
  });
  return {
    home,
    env,
    git,
    must,
    signet,
    directory: (name) => {
      const path = join(home, name);
      mkdirSync(path, { recursive: true });
      return path;
    },
    repository: async (name, config = {}) => {
      const path = join(home, name);
      await must(home, 'init', '-q', path);
      addSettings(join(path, '.git/config'), config);
      return path;
    },
    close: async () => {
      await signet(home, ['agent', 'stop', '--all']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export interface Logins {
  /** Times that a person was asked, and times that the issuer gave tokens for a refresh token or a code. */
  readonly count: () => { readonly logins: number; readonly tokens: number };
}

/** Counts at the issuer from here on; replaces the sandbox's intercept. */
export function countLogins(sandbox: Sandbox): Logins {
  let logins = 0;
  let tokens = 0;
  sandbox.intercept((service, { method, path }) => {
    if (service === 'issuer' && method === 'GET' && path === '/auth') logins += 1;
    if (service === 'issuer' && method === 'POST' && path === '/token') tokens += 1;
    return undefined;
  });
  return { count: () => ({ logins, tokens }) };
}

/** Machines for the tests of a file: each ends with the test that made it. */
export function useMachines(sandbox: () => Sandbox): (settings?: More) => Promise<Machine> {
  const machines: Machine[] = [];
  afterEach(async () => {
    await Promise.all(machines.splice(0).map((one) => one.close()));
  });
  return async (settings = {}) => {
    const made = await machineAt(sandbox(), settings);
    machines.push(made);
    return made;
  };
}

/** Makes a machine with a repository for each test of a file. Both end with the test, and so does an intercept. */
export function useMachine(
  sandbox: () => Sandbox,
  use: (machine: Machine, work: string) => void,
): void {
  let machine: Machine | undefined;
  beforeEach(async () => {
    machine = await machineAt(sandbox());
    use(machine, await machine.repository('work'));
  });
  afterEach(async () => {
    sandbox().intercept(undefined);
    await machine?.close();
  });
}

/** Returns what the agents of a machine say about themselves. */
export async function agentsOf(
  machine: Machine,
): Promise<readonly (AgentState & { readonly socket: string })[]> {
  const { out } = await machine.signet(machine.home, ['agent', 'status', '--json']);
  return JSON.parse(out).agents;
}
