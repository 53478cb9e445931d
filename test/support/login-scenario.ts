/** A person at a repository: `git commit -S` runs, its opener hands the page's address to the test, and git ends. */

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { fetchPage } from './person.ts';
import { programUnderTest } from './program.ts';
import { findProgram } from './tools.ts';

export interface Ended {
  readonly code: number | null;
  /** What stood at the terminal. */
  readonly said: string;
}

export interface Commit {
  /** The address that git's program wants opened. */
  readonly page: Promise<string>;
  readonly ended: Promise<Ended>;
  /** Ctrl-C at the terminal. */
  readonly interrupt: () => void;
  /** Waits for what stands at the terminal, and gives its groups. */
  readonly reads: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** A line typed at the terminal; Ctrl-D as it is. */
  readonly type: (line: string) => void;
}

export interface Repository {
  readonly path: string;
  /** Starts `git commit -S`; settings are `signet.*`. */
  readonly commit: (
    subject: string,
    settings?: Readonly<Record<string, string>>,
    variables?: Readonly<Record<string, string>>,
  ) => Commit;
  /** Starts `git tag -s`, on a commit without a signature. */
  readonly tag: (name: string, message: string) => Commit;
  readonly git: (...args: string[]) => {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  };
  readonly head: () => string | undefined;
  readonly close: () => void;
}

/**
 * A new repository on a machine where nothing but the sandbox is configured. `user`: the number of the user who works
 * there, if it is not this one.
 */
export function makeRepository(sandbox: Pick<Sandbox, 'environment'>, user?: number): Repository {
  const root = mkdtempSync(join(tmpdir(), 'git-signet-login-'));
  const path = join(root, 'parser');
  mkdirSync(path);
  const address = join(root, 'address');
  const opener = join(root, 'opener');
  writeFileSync(
    opener,
    `#!/bin/sh\necho chatter\necho noise >&2\nprintf %s "$1" > ${address}.part && mv ${address}.part ${address}\n`,
  );
  chmodSync(opener, 0o755);
  const env = {
    PATH: process.env['PATH'],
    HOME: root,
    XDG_CONFIG_HOME: join(root, 'config'),
    XDG_CACHE_HOME: join(root, 'cache'),
    GIT_CONFIG_NOSYSTEM: '1',
    SIGNET_AGENT: 'no',
    ...sandbox.environment({
      program: programUnderTest(),
      user: { name: 'Alice', email: 'alice@example.test' },
      gitConfig: { 'signet.urlOpener': `${opener} {url}`, 'init.defaultBranch': 'main' },
    }),
  };
  const git: Repository['git'] = (...args) => {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: path, env, encoding: 'utf8' });
    return { code: status, stdout, stderr };
  };
  git('init', '-q');
  const as = user === undefined ? {} : { uid: user, gid: user };
  if (user !== undefined) spawnSync('chown', ['-R', `${user}:${user}`, root]);
  const start = (
    words: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    variables: Readonly<Record<string, string>> = {},
  ): Commit => {
    rmSync(address, { force: true });
    const flags = Object.entries(settings).flatMap(([name, value]) => [
      '-c',
      `signet.${name}=${value}`,
    ]);
    // git keeps what its program says on stderr to itself: a person reads it at the terminal, so there is one
    const quoted = ['git', ...flags, ...words]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(' ');
    const child = spawn(
      findProgram('script') ?? 'script',
      ['-q', '-e', '-c', quoted, '/dev/null'],
      { cwd: path, ...as, env: { ...env, ...variables }, stdio: ['pipe', 'pipe', 'ignore'] },
    );
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const ended = new Promise<Ended>((resolve) =>
      child.once('close', (code) => resolve({ code, said: said.replaceAll('\r\n', '\n') })),
    );
    const page = waitForFile(address, ended);
    // not every way opens one
    page.catch(() => undefined);
    return {
      ended,
      page,
      interrupt: () => child.stdin.write('\x03'),
      type: (line) => child.stdin.write(line === '\x04' ? line : `${line}\r`),
      reads: async (pattern) => {
        for (;;) {
          const found = pattern.exec(said);
          if (found !== null) return found;
          if (child.exitCode !== null) throw new Error(`git ended without ${pattern}: ${said}`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      },
    };
  };
  return {
    path,
    git,
    head: () => {
      const { code, stdout } = git('rev-parse', '--verify', '-q', 'HEAD');
      return code === 0 ? stdout.trim() : undefined;
    },
    commit: (subject, ...more) =>
      start(['commit', '-S', '--allow-empty', '-q', '-m', subject], ...more),
    tag: (name, message) => {
      git('commit', '--no-gpg-sign', '--allow-empty', '-q', '-m', 'tagged');
      return start(['tag', '-s', '-m', message, name]);
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

async function waitForFile(path: string, ended: Promise<Ended>): Promise<string> {
  let over: Ended | undefined;
  void ended.then((end) => {
    over = end;
  });
  while (!existsSync(path)) {
    if (over !== undefined) throw new Error(`git ended before a page was opened: ${over.said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return readFileSync(path, 'utf8');
}

/** True while something answers where the page was. */
export function listens(page: string): Promise<boolean> {
  return fetchPage(page).then(
    () => true,
    () => false,
  );
}
