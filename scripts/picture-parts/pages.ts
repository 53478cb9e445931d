/** What the pages of the pictures show. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts';
import { makeRepository } from '../../test/support/login-scenario.ts';
import { commitPayload, withSignature } from '../../test/support/verify-scenario.ts';
import type { PagePicture } from './page-picture.ts';

/** Calls `use` with a sandbox and its folder, which is removed afterwards. */
async function inSandbox(
  options: Omit<SandboxOptions, 'dir'>,
  use: (sandbox: Sandbox, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'alice-'));
  const sandbox = await startSandbox({
    dir: join(folder, 'sandbox'),
    autoApprove: true,
    ...options,
  });
  try {
    await use(sandbox, folder);
  } finally {
    await sandbox.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Commits, and opens the page that git's program wants opened. `then`: what the person does there. */
function login(
  settings: Readonly<Record<string, string>>,
  then: (tab: Page) => Promise<void>,
): PagePicture['open'] {
  return (tab) =>
    inSandbox({}, async (sandbox) => {
      const repository = makeRepository(sandbox);
      try {
        const commit = repository.commit('parser: refuse trailing bytes', settings);
        await tab.goto(await commit.page);
        await then(tab);
        commit.interrupt();
        await commit.ended;
      } finally {
        repository.close();
      }
    });
}

export const loginPage: PagePicture = {
  title: 'The page before a login',
  width: 640,
  open: login({}, async () => undefined),
};

export const refusalPage: PagePicture = {
  title: 'The page after a login with the wrong account',
  width: 640,
  open: login({ identity: 'carol@example.test' }, async (tab) => {
    await tab.click('a.go');
    await tab.waitForSelector('h1.bad');
  }),
};

const HOUR = 3_600_000;
/** The time of the first commit, Unix milliseconds. The verifier's clock must be later. */
const BEGIN = Date.parse('2025-03-03T08:15:00Z');
const BRANCH: readonly (readonly [hour: number, who: string, subject: string])[] = [
  [2, 'alice', 'parser: refuse trailing bytes'],
  [5, 'bob', 'lexer: read numbers with underscores'],
  [22, '', 'wip'],
  [26, 'alice', 'parser: name the line in errors'],
  [29, 'mallory', 'ci: faster'],
  [31, 'mallory', 'ci: cache the build'],
  [50, 'changed', 'docs: typo'],
  [53, 'bob', 'lexer: one table of keywords'],
  [75, 'alice', 'parser: test every production'],
  [98, 'alice', 'release: 1.4.0'],
];

/** Writes the branch: what each person signed at which time, one commit unsigned, and one changed after it was signed. */
async function writeBranch(
  sandbox: Sandbox,
  git: (args: readonly string[], input?: string | Buffer) => string,
) {
  const people = ['alice', 'bob'].map(
    (name) =>
      `  - {name: ${name}, identity: ${name}@example.test, issuer: '${sandbox.urls.issuer}'}`,
  );
  const blob = git(
    ['hash-object', '-w', '--stdin'],
    `version: 1\nsigners:\n${people.join('\n')}\n`,
  );
  const tree = git(['mktree'], `100644 blob ${blob}\t.signet.yaml\n`);
  const payloadOf = (subject: string, at: number, parents: readonly string[]): string =>
    commitPayload({ subject, parents, tree }).replaceAll('1700000000', String(at / 1000));
  const write = (raw: string | Buffer): string =>
    git(['hash-object', '-w', '-t', 'commit', '--stdin'], raw);
  let head = write(payloadOf('begin', BEGIN, []));
  git(['update-ref', 'refs/remotes/origin/main', head]);
  for (const [hour, who, subject] of BRANCH) {
    const at = BEGIN + hour * HOUR;
    const email = `${['', 'changed'].includes(who) ? 'alice' : who}@example.test`;
    const payload = payloadOf(subject, at, [head]).replaceAll('alice@example.test', email);
    const signed = who === 'changed' ? payload.replace('typo', 'tpyo') : payload;
    const { armor } = await sandbox.issueSignature(Buffer.from(signed), { email, at });
    head = write(who === '' ? payload : withSignature(payload, armor));
  }
  git(['update-ref', 'HEAD', head]);
}

export const reportPage: PagePicture = {
  title: 'git signet verify --format html',
  width: 960,
  open: (tab, program) =>
    inSandbox({ clock: () => BEGIN }, async (sandbox, folder) => {
      const cwd = join(folder, 'parser');
      const env = {
        ...{ PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C.UTF-8' },
      };
      const run = (name: string, args: readonly string[], input?: string | Buffer): string =>
        execFileSync(name, args, {
          cwd,
          env,
          input,
          encoding: 'utf8',
          stdio: ['pipe', 'pipe', 'pipe'],
        });
      execFileSync('git', ['init', '-q', '-b', 'topic', cwd], { env });
      await writeBranch(sandbox, (args, input) => run('git', args, input).trim());
      const range = ['--policy-from', 'origin/main', '--format', 'html', 'origin/main..HEAD'];
      const verify = ['verify', '--trusted-root', sandbox.files.trustedRoot, ...range];
      const page = join(folder, 'report.html');
      writeFileSync(
        page,
        reportOf(() => run(program, verify)),
      );
      await tab.goto(pathToFileURL(page).href);
    }),
};

/** Returns what a run wrote that exits with 1, as a gate does that refuses. */
function reportOf(run: () => string): string {
  try {
    run();
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    if (status === 1) return stdout;
    throw new Error(`verify ended with ${status}: ${stderr}`, { cause: error });
  }
  throw new Error('verify refused nothing');
}
