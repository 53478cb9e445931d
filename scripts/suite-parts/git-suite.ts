/**
 * git's tests of signatures with dist/git-signet as gpg.x509.program: those that use gpgsm, and four scripts that use
 * gpg, run in the x509 format. Against a sandbox in this process, whose issuer gives a token for git's own committer.
 */

import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { findExecutable } from '../../src/system/process.ts';
import { say } from './cache.ts';
import { GIT_FAILURES } from './expected.ts';
import { adaptLibrary, adaptScript, X509_PROGRAM } from './git-adapt.ts';
import { gitSource } from './git-source.ts';
import { type Outcome, type TestResult, Unavailable } from './outcome.ts';
import { readTap } from './tap.ts';

/** Tests that use gpgsm among others. */
const MIXED = [
  't4202-log.sh',
  't5534-push-signed.sh',
  't7004-tag.sh',
  't7030-verify-tag.sh',
  't9305-fast-import-signatures.sh',
  't9306-fast-import-signed-tags.sh',
  't9350-fast-export.sh',
];
/** Tests that use gpg, run with our program in its place. */
const WHOLE = [
  't3435-rebase-gpg-sign.sh',
  't3514-cherry-pick-revert-gpg.sh',
  't5573-pull-verify-signatures.sh',
  't7612-merge-verify-signatures.sh',
];

const PROGRAM = resolve(import.meta.dirname, '../../dist/git-signet');
const COMMITTER = 'committer@example.com';
/** Whom gpg's second key is of; no policy allows this one. */
const STRANGER = 'discord@example.net';

type Environment = Readonly<Record<string, string>>;

/** A tree like git's, in which only the tests are copies. */
function copyTests(source: string, work: string, everything: boolean): string {
  const root = join(work, everything ? 'whole' : 'mixed');
  const tests = join(root, 't');
  mkdirSync(tests, { recursive: true });
  for (const name of readdirSync(source))
    if (name !== 't') symlinkSync(join(source, name), join(root, name));
  for (const name of readdirSync(join(source, 't'))) {
    const from = join(source, 't', name);
    const isScript = /^t\d{4}-.*\.sh$/.test(name);
    if (isScript && ![...MIXED, ...WHOLE].includes(name)) continue;
    if (!name.endsWith('.sh')) symlinkSync(from, join(tests, name));
    else cpSync(from, join(tests, name));
  }
  const rewrite = (name: string, change: (text: string) => string): void => {
    const path = join(tests, name);
    if (existsSync(path)) writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  rewrite('lib-gpg.sh', (text) => adaptLibrary(text, everything));
  if (!everything) for (const name of MIXED) rewrite(name, (text) => adaptScript(name, text));
  return tests;
}

/** The program as git calls it. A signature with gpg's second key is another person's here. */
function writeWrapper(work: string, stranger: string): string {
  const path = join(work, 'git-signet');
  const lines = [
    '#!/bin/sh',
    `case "$*" in *B7227189*) SIGSTORE_ID_TOKEN='${stranger}' && export SIGSTORE_ID_TOKEN ;; esac`,
    `exec '${PROGRAM}' "$@"`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o700 });
  chmodSync(path, 0o700);
  return path;
}

async function environmentAt(sandbox: Sandbox, work: string): Promise<Environment> {
  const policy = join(work, 'policy.yaml');
  writeFileSync(
    policy,
    `version: 1\nsigners:\n  - name: committer\n    identity: ${COMMITTER}\n    issuer: ${sandbox.urls.issuer}\n`,
  );
  return {
    ...sandbox.environment({
      token: await sandbox.mintToken({ email: COMMITTER, expiresIn: 7200 }),
    }),
    PATH: process.env['PATH'] ?? '',
    // its own directory of results, and no second opinion on how the scripts are written
    TEST_OUTPUT_DIRECTORY: work,
    GIT_TEST_CHAIN_LINT: '0',
    GIT_TEST_EXT_CHAIN_LINT: '0',
    SIGNET_AGENT: 'no',
    SIGNET_POLICY: policy,
  };
}

/** The part of a script's log that is of one test. */
function logOf(log: string, name: string): string {
  const lines = log.split('\n');
  const end = lines.findIndex((line) => line.startsWith('not ok') && line.includes(name));
  const begin = lines.findLastIndex(
    (line, at) => at < end && /^(?:expecting success|ok |not ok )/.test(line),
  );
  return lines.slice(Math.max(begin, end - 80), end + 1).join('\n');
}

function runScript(tests: string, file: string, env: Environment): Promise<readonly TestResult[]> {
  return new Promise((done, fail) => {
    const child = spawn('sh', [`./${file}`, '--verbose-log'], {
      cwd: tests,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 10 * 60_000,
    });
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => out.push(chunk));
    child.on('error', fail);
    child.on('close', () => {
      const path = join(
        env['TEST_OUTPUT_DIRECTORY'] ?? '',
        'test-results',
        file.replace(/sh$/, 'out'),
      );
      const log = existsSync(path) ? readFileSync(path, 'utf8') : '';
      const results = readTap(file, Buffer.concat(out).toString());
      done(
        results.map((one) =>
          one.state === 'failed' ? { log: logOf(log, one.name), ...one } : one,
        ),
      );
    });
  });
}

/** A test that is left out although our program is there has found our program of no use. */
function neverIdle(one: TestResult, everything: boolean): TestResult {
  const ours = everything ? /\bGPG\b/i : /\bGPGSM\b/;
  if (one.state !== 'skipped' || !ours.test(one.why ?? '')) return one;
  const { file, name, why = '' } = one;
  return { file, name, state: 'failed', log: `left out: ${why}` };
}

interface Job {
  readonly tests: string;
  readonly file: string;
  readonly everything: boolean;
}

/** Runs git's tests; `only` names scripts by how they begin. @throws Unavailable */
export async function runGitSuite(only: readonly string[]): Promise<Outcome> {
  const { directory, version } = gitSource();
  for (const name of ['gpg', 'openssl', 'ssh-keygen'])
    if (findExecutable(name, process.env) === undefined)
      throw new Unavailable(`git's suite needs ${name}`);
  const since = performance.now();
  const work = mkdtempSync(join(tmpdir(), 'git-suite-'));
  const sandbox = await startSandbox({ dir: join(work, 'sandbox') });
  try {
    const env = await environmentAt(sandbox, work);
    const stranger = await sandbox.mintToken({ email: STRANGER, expiresIn: 7200 });
    const wrapper = writeWrapper(work, stranger);
    const jobs: Job[] = [false, true].flatMap((everything) => {
      const tests = copyTests(directory, work, everything);
      return (everything ? WHOLE : MIXED)
        .filter((file) => existsSync(join(tests, file)))
        .filter((file) => only.length === 0 || only.some((name) => file.startsWith(name)))
        .map((file) => ({ tests, file, everything }));
    });
    say(`running ${jobs.length} scripts of git ${version} ...`);
    const results: TestResult[] = [];
    const run = async (): Promise<void> => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        const { tests, file, everything } = job;
        const program = everything ? wrapper : PROGRAM;
        const ran = await runScript(tests, file, { ...env, [X509_PROGRAM]: program });
        results.push(...ran.map((one) => neverIdle(one, everything)));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, run));
    const ran = new Set(results.map(({ file }) => file));
    const expected = GIT_FAILURES.filter(({ file }) => ran.has(file));
    const seconds = (performance.now() - since) / 1000;
    return { title: `git ${version}`, results, expected, seconds };
  } finally {
    await sandbox.close();
    rmSync(work, { recursive: true, force: true });
  }
}
