/**
 * Repositories in which clients of git write, in the environment of a real `git signet sandbox run`: the settings that a
 * person has there, and nothing else. What a client wrote is judged by git and by the program under test.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Run, run } from './peers.ts';
import { programUnderTest } from './program.ts';
import { scratchDirectory } from './sandbox.ts';
import { resultsOf } from './verify-scenario.ts';

type Variables = Readonly<Record<string, string>>;

/** What the child of `sandbox run` prints of its environment, before it waits for the test to end. */
const CHILD = 'env -0 >"$0" && echo ready && exec cat >/dev/null';

export interface ClientRepository {
  readonly path: string;
  /** Runs a program here. PATH leads to `git-signet` first. */
  readonly run: (program: string, args: readonly string[], more?: Variables) => Promise<Run>;
  readonly git: (...args: readonly string[]) => Promise<Run>;
  /** Writes a file beside the repository, and returns its path. */
  readonly beside: (name: string, text: string) => string;
}

export interface ClientSandbox {
  readonly env: Variables;
  /** A policy that allows the person of the sandbox. */
  readonly policy: string;
  /** A new repository with nothing committed, in which commits and tags are to be signed. */
  readonly repository: () => Promise<ClientRepository>;
}

interface Running {
  readonly sandbox: ClientSandbox;
  readonly close: () => Promise<void>;
}

function variablesOf(dump: string): Record<string, string> {
  const pairs = dump.split('\0').filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}

/** Starts the sandbox, and returns once its child has written its environment to `dump`. */
async function startSandbox(bin: string, home: string, dump: string): Promise<ChildProcess> {
  const child = spawn(join(bin, 'git-signet'), ['sandbox', 'run', '--', 'sh', '-c', CHILD, dump], {
    cwd: home,
    env: {
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      TMPDIR: home,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('close', (code) => reject(new Error(`the sandbox ended with ${code}`)));
  });
  return child;
}

async function start(): Promise<Running> {
  const root = scratchDirectory('clients');
  const [bin, home, dump] = [join(root, 'bin'), join(root, 'home'), join(root, 'environment')];
  for (const dir of [bin, home]) mkdirSync(dir);
  symlinkSync(programUnderTest(), join(bin, 'git-signet'));
  const child = await startSandbox(bin, home, dump);
  const env = variablesOf(readFileSync(dump, 'utf8'));
  const policy = join(root, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${env['GITSIGN_OIDC_ISSUER']}'}\n`,
  );
  const repository = () => newRepository(mkdtempSync(join(root, 'repository-')), env);
  return {
    sandbox: { env, policy, repository },
    close: async () => {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.stdin?.end();
      await closed;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function newRepository(root: string, env: Variables): Promise<ClientRepository> {
  const path = join(root, 'work');
  mkdirSync(path);
  const call = (program: string, args: readonly string[], more: Variables = {}) =>
    run(program, args, { cwd: path, env: { ...env, ...more } });
  const git = (...args: readonly string[]) => call('git', args);
  const beside = (name: string, text: string): string => {
    writeFileSync(join(root, name), text);
    return join(root, name);
  };
  await git('init', '-q', '-b', 'main');
  for (const key of ['commit.gpgSign', 'tag.gpgSign']) await git('config', key, 'true');
  return { path, run: call, git, beside };
}

/** One sandbox for all tests of the file that calls this at its top. */
export function useClientSandbox(): () => ClientSandbox {
  let running: Running | undefined;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(async () => {
    await running?.close();
  });
  return () => {
    if (running === undefined) throw new Error('the sandbox starts with the first test');
    return running.sandbox;
  };
}

interface Judged {
  readonly git: number | null;
  readonly exit: number | null;
  readonly first: string;
}

/** What git and the program under test say of an object. */
async function judged(
  repository: ClientRepository,
  { policy }: ClientSandbox,
  object: { readonly type: 'commit' | 'tag'; readonly name: string },
): Promise<Judged> {
  const { type, name } = object;
  const command = type === 'tag' ? 'verify-tag' : 'verify';
  const byGit = await repository.git(`verify-${type}`, name);
  const ours = await repository.run('git-signet', [
    ...[command, '--policy', policy, '--format', 'jsonl', name],
  ]);
  const [result] = resultsOf({ out: ours.stdout });
  const first = [result?.status, result?.signer?.value].filter((word) => word !== undefined);
  return { git: byGit.code, exit: ours.code, first: first.join(' ') };
}

/** Writes the object again with one letter of its message changed. Returns the id of the copy. */
async function altered(
  repository: ClientRepository,
  type: 'commit' | 'tag',
  name: string,
): Promise<string> {
  const { stdout: raw } = await repository.git('cat-file', type, name);
  const at = raw.indexOf('\n\n') + 2;
  const letter = raw[at] === 'X' ? 'Y' : 'X';
  const file = repository.beside('altered', `${raw.slice(0, at)}${letter}${raw.slice(at + 1)}`);
  return (await repository.git('hash-object', '-t', type, '-w', file)).stdout.trim();
}

/** The commit is signed by the person of the sandbox. With one letter changed it is refused. */
export async function expectSignedCommit(
  repository: ClientRepository,
  sandbox: ClientSandbox,
  name = 'HEAD',
): Promise<void> {
  expect(await judged(repository, sandbox, { type: 'commit', name })).toEqual({
    ...{ git: 0, exit: 0, first: 'verified alice@example.test' },
  });
  const copy = await altered(repository, 'commit', name);
  const refused = await judged(repository, sandbox, { type: 'commit', name: copy });
  expect(refused).toMatchObject({ git: 1, exit: 1, first: expect.stringMatching(/^refused/) });
}

/** The tag, and what it names, are signed. With one letter of the tag changed it is refused. */
export async function expectSignedTag(
  repository: ClientRepository,
  sandbox: ClientSandbox,
  name: string,
): Promise<void> {
  expect(await judged(repository, sandbox, { type: 'tag', name })).toEqual({
    ...{ git: 0, exit: 0, first: 'verified alice@example.test' },
  });
  const copy = await altered(repository, 'tag', name);
  await repository.git('update-ref', `refs/tags/${name}`, copy);
  const refused = await judged(repository, sandbox, { type: 'tag', name });
  expect(refused).toMatchObject({ git: 1, exit: 1, first: expect.stringMatching(/^refused/) });
}

/** The object carries no signature, and the gate says so. */
export async function expectUnsigned(
  repository: ClientRepository,
  sandbox: ClientSandbox,
  object: { readonly type: 'commit' | 'tag'; readonly name: string } = {
    type: 'commit',
    name: 'HEAD',
  },
): Promise<void> {
  const { stdout } = await repository.git('cat-file', object.type, object.name);
  expect(stdout).not.toMatch(/SIGNED MESSAGE|SIGNATURE/);
  expect(await judged(repository, sandbox, object)).toEqual({
    ...{ git: 1, exit: 5, first: 'unsigned' },
  });
}

/** A client that cannot have a signature, because the login is worthless, fails and leaves no commit and no tag. */
export async function expectNothingWithoutLogin(
  repository: ClientRepository,
  program: string,
  args: readonly string[],
  more: Variables = {},
): Promise<void> {
  const { code } = await repository.run(program, args, { ...more, SIGSTORE_ID_TOKEN: 'worthless' });
  expect(code).not.toBe(0);
  expect((await repository.git('for-each-ref')).stdout).toBe('');
}
