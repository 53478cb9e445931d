/** The GitHub Action and the GitLab template, run as their systems run them, over commits that try to be commands. */

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, type ScratchRepository, scratchRepository } from '../support/git-repository.ts';
import { HOSTILE } from '../support/judged-samples.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signer } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Step {
  readonly shell: string;
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}
const action = parse(read('action.yml')) as { readonly runs: { readonly steps: readonly Step[] } };
const gitlab = parse(read('ci/gitlab.yml')) as {
  readonly 'git-signet': { readonly script: readonly string[] };
};

type Context = Readonly<Record<string, string>>;

/** The part of GitHub's expressions that action.yml uses: names, `||`, `&&`, `format('…{0}', name)`. */
function evaluate(expression: string, context: Context): string {
  for (const choice of expression.split('||')) {
    const values = choice.split('&&').map((term) => {
      const format = /^format\('(.*)\{0\}', (\S+)\)$/.exec(term.trim());
      const value = context[format?.[2] ?? term.trim()] ?? '';
      return format === null || value === '' ? value : `${format[1]}${value}`;
    });
    const last = values.at(-1) ?? '';
    if (values.every((value) => value !== '') && last !== '') return last;
  }
  return '';
}

const filled = (text: string, context: Context): string =>
  text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, context));

/** A branch of hostile commits over a base whose policy allows alice, where its `rules` do. */
async function history(good: boolean, rules = '') {
  const repository = scratchRepository('ci');
  const make = signer(repository, sandbox());
  const policy = `version: 1\nsigners:\n  - {name: alice, identity: alice@example.test, issuer: '${sandbox().urls.issuer}'}\n${rules}`;
  const blob = repository.gitWith(
    { input: Buffer.from(policy) },
    'hash-object',
    '-w',
    '--stdin',
  ).out;
  const entry = Buffer.from(`100644 blob ${blob.trim()}\t.signet.yaml\n`);
  const tree = repository.gitWith({ input: entry }, 'mktree').out.trim();
  const base = await make.commit({ tree, subject: 'base' });
  let head = base;
  for (const subject of HOSTILE) {
    head = await make.commit({ tree, parents: [head], subject: subject.replace('\ud800', '') });
    if (good) continue;
    head = make.unsigned({ tree, parents: [head], subject: subject.replace('\ud800', '') });
  }
  repository.must('update-ref', 'refs/heads/main', base);
  repository.must('update-ref', 'refs/heads/topic', head);
  repository.must('update-ref', 'refs/remotes/origin/main', base);
  return { repository, base, head, make, tree };
}

const FILES = ['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'];

function runAction(event: Context, { path, env }: ScratchRepository) {
  const directory = mkdtempSync(join(path, '../files-'));
  const files = Object.fromEntries(FILES.map((name) => [name, join(directory, name)]));
  for (const file of Object.values(files)) writeFileSync(file, '');
  const context = {
    'inputs.program': programUnderTest(),
    'inputs.trusted-root': sandbox().files.trustedRoot,
    ...event,
  };
  let [out, exit]: [string, number | null] = ['', 0];
  for (const step of action.runs.steps) {
    expect(step.shell).toBe('sh');
    const own = Object.entries(step.env).map(([name, value]) => [name, filled(value, context)]);
    const ran = run('sh', ['-e', '-c', step.run], {
      cwd: path,
      env: { ...env, ...files, GITHUB_ACTION_PATH: root, ...Object.fromEntries(own) },
    });
    out += ran.out + ran.err;
    exit = ran.exit;
  }
  const contents = Object.fromEntries(
    FILES.map((name) => [name, readFileSync(files[name] ?? '', 'utf8')]),
  );
  return { out, exit, files: contents };
}

/** Workflow commands that the runner would find in a log. */
const commandsIn = (log: string): readonly string[] =>
  log.split(/\r\n|[\n\r]/).flatMap((line) => {
    const name =
      /^\s*::([\w-]+)/.exec(line)?.[1] ?? (/##\w*\[/.test(line) ? 'old form' : undefined);
    return name === undefined ? [] : [name];
  });

describe('the GitHub Action', async () => {
  it('S11 puts nothing of an event into a script, and calls nobody else’s action', () => {
    for (const step of action.runs.steps) {
      expect(step.run).not.toContain('${{');
      expect(Object.keys(step)).not.toContain('uses');
    }
  });

  it('S11 hostile subjects and branch names set no variable; the bad ones are refused', async () => {
    const { repository, base, head } = await history(false);
    const event = {
      'github.event.pull_request': 'yes',
      'github.event.pull_request.base.sha': base,
      'github.event.pull_request.head.sha': head,
      'github.base_ref': 'main$(touch pwned)`touch pwned`;touch pwned\n::set-output name=pwned::1',
    };
    const ran = runAction(event, repository);
    expect(ran.exit, ran.out).toBe(5);
    const commands = commandsIn(ran.out).filter((name) => name !== 'notice');
    expect(commands).toEqual(Array(10).fill('error'));
    const { GITHUB_STEP_SUMMARY: summary, ...others } = ran.files;
    expect(Object.values(others).join('')).toBe('');
    expect(summary).toContain('### git-signet: refused');
    expect(repository.git('ls-files', '--others').out).not.toContain('pwned');
  });

  it('S11 the same commits, all signed: passes, and says nothing that is a command', async () => {
    const { repository, base, head } = await history(true);
    const event = {
      'github.event.before': base,
      'github.sha': head,
      'github.ref': 'refs/heads/main',
    };
    const ran = runAction(event, repository);
    expect(ran.exit, ran.out).toBe(0);
    expect(commandsIn(ran.out).filter((name) => name !== 'notice')).toEqual([]);
    expect(ran.files['GITHUB_STEP_SUMMARY']).toContain('every signature holds');
  });

  it('P05 a new branch is compared with the default branch; no base at all, or one that is absent, is an error', async () => {
    const { repository, head } = await history(true);
    const made = { 'github.event.before': '0'.repeat(40), 'github.sha': head };
    const known = { ...made, 'github.event.repository.default_branch': 'main' };
    expect(runAction(known, repository).exit).toBe(0);
    expect(runAction({ ...made, 'github.event.before': '1'.repeat(40) }, repository).exit).toBe(2);
    expect(runAction(made, repository).exit).toBe(2);
  });
});

function runGitLab({ path, env }: ScratchRepository, more: Context) {
  const [script = ''] = gitlab['git-signet'].script;
  return run('sh', ['-e', '-c', script], {
    cwd: path,
    env: {
      ...env,
      GATE_PROGRAM: programUnderTest(),
      GATE_TRUSTED_ROOT: sandbox().files.trustedRoot,
      CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
      ...more,
    },
  });
}

describe('a merge queue', async () => {
  it.each([
    ['refs/heads/main', 6],
    ['refs/heads/other', 0],
  ])('P04 the rules of the branch that the queue is for: %s', async (target, exit) => {
    const other = `  - {name: bob, identity: bob@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
    const rules = `${other}commits: [{refs: [refs/heads/main], by: [bob]}]\n`;
    const { repository, base, head } = await history(true, rules);
    const queue = 'refs/heads/gh-readonly-queue/main/pr-1';
    const ran = runAction(
      {
        'github.event.merge_group.base_sha': base,
        'github.event.merge_group.head_sha': head,
        'github.event.merge_group.base_ref': target,
        ...{ 'github.ref': queue, 'github.sha': head },
      },
      repository,
    );
    expect(ran.exit).toBe(exit);
  });
});

describe('the GitLab template', async () => {
  it.each([true, false])(
    'P06 a merge that GitLab made to try: its source is judged, all signed: %s',
    async (good) => {
      const { repository, base, head, make, tree } = await history(good);
      repository.must('remote', 'add', 'origin', repository.path);
      const merged = make.unsigned({ tree, parents: [base, head], subject: 'merge' });
      const about = { CI_COMMIT_SHA: merged, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: head };
      expect(runGitLab(repository, about).exit).toBe(good ? 0 : 5);
      expect(runGitLab(repository, { CI_COMMIT_SHA: merged }).exit).toBe(5);
    },
  );

  it.each([true, false])('S11 hostile commits, all signed: %s', async (good) => {
    const { repository, head } = await history(good);
    repository.must('remote', 'add', 'origin', repository.path);
    const ran = runGitLab(repository, { CI_COMMIT_SHA: head, CI_COMMIT_MESSAGE: '$(touch pwned)' });
    expect(ran.exit, ran.err).toBe(good ? 0 : 5);
    const xml = readFileSync(join(repository.path, 'git-signet.xml'), 'utf8');
    expect(xml).toContain(`failures="${good ? 0 : HOSTILE.length}"`);
    expect(commandsIn(ran.out)).toEqual([]);
    expect(repository.git('ls-files', '--others').out).not.toContain('pwned');
  });
});
