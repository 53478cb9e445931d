/** The GitHub Action and the GitLab component, run as their systems run them, over commits that try to be commands. */

import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { branchHistory } from '../support/ci-history.ts';
import {
  type Context,
  commandsIn,
  ROOT,
  readAction,
  runAction,
  runComponent,
} from '../support/ci-steps.ts';
import type { ScratchRepository } from '../support/git-repository.ts';
import { HOSTILE } from '../support/judged-samples.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const component = readFileSync(join(ROOT, 'templates/gate.yml'), 'utf8');
const ZEROS = '0'.repeat(40);

const given = (): Context => ({
  program: programUnderTest(),
  'trusted-root': sandbox().files.trustedRoot,
});

const gate = (event: Context, repository: ScratchRepository) => {
  const inputs = Object.entries(given()).map(([name, value]) => [`inputs.${name}`, value]);
  return runAction('action.yml', repository, { ...Object.fromEntries(inputs), ...event });
};

describe('the GitHub Action', async () => {
  it.each(['action.yml', 'setup/action.yml'])(
    '%s puts nothing of an event into a script, and calls no action of others (S11)',
    (file) => {
      const { steps } = readAction(file).runs;
      expect(steps.length).toBeGreaterThan(0);
      for (const step of steps) {
        expect(step.run).not.toContain('${{');
        expect(Object.keys(step)).not.toContain('uses');
      }
    },
  );

  it('hostile subjects and branch names set no variable, and the bad commits are refused (S11)', async () => {
    const { repository, base, head } = await branchHistory(sandbox(), false);
    const event = {
      'github.event.pull_request': 'yes',
      'github.event.pull_request.base.sha': base,
      'github.event.pull_request.head.sha': head,
      'github.base_ref': 'main$(touch pwned)`touch pwned`;touch pwned\n::set-output name=pwned::1',
    };
    const { exit, out, files, outputs } = await gate(event, repository);
    expect(exit, out).toBe(5);
    const commands = commandsIn(out).filter((name) => name !== 'notice');
    expect(commands).toEqual(Array(10).fill('error'));
    const { GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output, ...others } = files;
    expect(Object.values(others).join('')).toBe('');
    expect(output).toMatch(/^counts=\{[\w":,-]+\}\nresult=unsigned\nreport=\S+\n$/);
    expect(summary).toMatch(/^### git-signet: ✗ \d+ of \d+ commits? (is|are) not verified$/m);
    expect(repository.git('ls-files', '--others').out).not.toContain('pwned');
    const report = readFileSync(outputs['report'] ?? '', 'utf8');
    expect(report.match(/^unsigned /gm)).toHaveLength(HOSTILE.length);
    expect(commandsIn(report)).toEqual([]);
  });

  it('the same commits, all signed, pass, and the log holds no command (S11)', async () => {
    const { repository, base, head } = await branchHistory(sandbox(), true);
    const event = {
      'github.event.before': base,
      'github.sha': head,
      'github.ref': 'refs/heads/main',
    };
    const ran = await gate(event, repository);
    expect(ran.exit, ran.out).toBe(0);
    expect(commandsIn(ran.out).filter((name) => name !== 'notice')).toEqual([]);
    expect(ran.files['GITHUB_STEP_SUMMARY']).toMatch(
      /^### git-signet: ✓ .*commits? (is|are) verified$/m,
    );
    expect(ran.outputs['result']).toBe('verified');
    const none = { 'not-allowed': 0, refused: 0, unsigned: 0, undecided: 0 };
    expect(JSON.parse(ran.outputs['counts'] ?? '')).toEqual({ verified: HOSTILE.length, ...none });
  });

  it('a new branch is compared with the default branch, and a missing base is an error (P05)', async () => {
    const { repository, head } = await branchHistory(sandbox(), true);
    const made = { 'github.event.before': ZEROS, 'github.sha': head };
    const known = { ...made, 'github.event.repository.default_branch': 'main' };
    expect((await gate(known, repository)).exit).toBe(0);
    for (const event of [{ ...made, 'github.event.before': '1'.repeat(40) }, made]) {
      const { exit, outputs, files } = await gate(event, repository);
      expect([exit, outputs['result'], outputs['counts']]).toEqual([2, 'error', '']);
      expect(files['GITHUB_STEP_SUMMARY']).toContain('nothing was judged');
    }
  });

  it('a program that cannot be started is an error, and looks like no verdict', async () => {
    const { repository, base, head } = await branchHistory(sandbox(), true);
    const event = { 'github.event.before': base, 'github.sha': head };
    const absent = await gate({ ...event, 'inputs.program': '/nowhere/git-signet' }, repository);
    expect([absent.exit, absent.outputs['result']]).toEqual([127, 'error']);
    const { exit, outputs } = await runAction(
      'action.yml',
      repository,
      { ...event, 'inputs.program': programUnderTest() },
      // a step before the verdict that fails with an exit code of verify's
      { env: { GATE_REPORT: repository.path } },
    );
    expect([exit, outputs['result']]).toEqual([2, 'error']);
  });
});

describe('a merge queue', async () => {
  it.each([
    ['refs/heads/main', 6],
    ['refs/heads/other', 0],
  ])(
    'a request is judged by the rules of the branch that it is for: %s (P04)',
    async (target, exit) => {
      const other = `  - {name: bob, identity: bob@example.test, issuer: '${sandbox().urls.issuer}'}\n`;
      const rules = `${other}commits: [{refs: [refs/heads/main], by: [bob]}]\n`;
      const { repository, base, head } = await branchHistory(sandbox(), true, { rules });
      const queue = 'refs/heads/gh-readonly-queue/main/pr-1';
      const ran = await gate(
        {
          'github.event.merge_group.base_sha': base,
          'github.event.merge_group.head_sha': head,
          'github.event.merge_group.base_ref': target,
          ...{ 'github.ref': queue, 'github.sha': head },
        },
        repository,
      );
      expect(ran.exit).toBe(exit);
      expect(ran.outputs['result']).toBe(exit === 0 ? 'verified' : 'not-allowed');
    },
  );
});

/** Of a merge request `before` is zeros, as GitLab has it. */
const REQUEST = { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_COMMIT_BEFORE_SHA: ZEROS };

describe('the GitLab component', async () => {
  it.each([true, false])(
    'of a merge that GitLab made to try, the source is judged, all signed: %s (P06)',
    async (good) => {
      const { repository, base, head, make, tree } = await branchHistory(sandbox(), good);
      const merged = make.unsigned({ tree, parents: [base, head], subject: 'merge' });
      const alone = { ...REQUEST, CI_COMMIT_SHA: merged };
      const about = { ...alone, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: head };
      const ran = await runComponent(component, repository, given(), { env: about });
      expect(ran.exit, ran.err).toBe(good ? 0 : 5);
      expect((await runComponent(component, repository, given(), { env: alone })).exit).toBe(5);
    },
  );

  it.each([
    [true, 'sh'],
    [false, 'sh'],
    [false, 'bash'],
  ] as const)(
    'one run writes the report and the log of hostile commits, all signed: %s, by %s (S11)',
    async (good, shell) => {
      const { repository, head } = await branchHistory(sandbox(), good);
      const env = { ...REQUEST, CI_COMMIT_SHA: head, CI_COMMIT_MESSAGE: '$(touch pwned)' };
      const ran = await runComponent(component, repository, given(), { env, shell });
      expect(ran.exit, ran.err).toBe(good ? 0 : 5);
      const xml = readFileSync(join(repository.path, 'git-signet.xml'), 'utf8');
      expect(xml).toContain(`failures="${good ? 0 : HOSTILE.length}"`);
      const [numbers, ...rows] = ran.out.trimEnd().split('\n');
      const total = good ? HOSTILE.length : 2 * HOSTILE.length;
      expect(numbers).toBe(`${total} judged, ${good ? 0 : HOSTILE.length} failed, 0 undecided`);
      expect(rows.map((row) => / {2}unsigned: [^"]*$/.test(row))).toEqual(
        Array(good ? 0 : HOSTILE.length).fill(true),
      );
      expect(commandsIn(ran.out)).toEqual([]);
      expect(repository.git('ls-files', '--others').out).not.toContain('pwned');
    },
  );

  it('a push is judged from the old value of its ref, or from the default branch if the old value is zeros (P05)', async () => {
    const { repository, base, head } = await branchHistory(sandbox(), true, { subjects: ['one'] });
    const push = { CI_COMMIT_SHA: head, CI_COMMIT_BRANCH: 'topic' };
    for (const before of [base, ZEROS, '']) {
      const env = { ...push, CI_COMMIT_BEFORE_SHA: before };
      const ran = await runComponent(component, repository, given(), { env });
      expect([before, ran.exit, ran.out], ran.err).toEqual([
        before,
        0,
        '1 judged, 0 failed, 0 undecided\n',
      ]);
    }
    // the first push of a default branch: nothing is there to judge it by
    repository.must('update-ref', 'refs/heads/main', head);
    const first = { CI_COMMIT_SHA: head, CI_COMMIT_BRANCH: 'main', CI_COMMIT_BEFORE_SHA: ZEROS };
    expect((await runComponent(component, repository, given(), { env: first })).exit).toBe(2);
  });

  it('a link in the tree that is judged does not lead the report out of it', async () => {
    const { repository, head } = await branchHistory(sandbox(), true, { subjects: ['one'] });
    const outside = join(repository.home, 'outside');
    writeFileSync(outside, 'as it was');
    symlinkSync(outside, join(repository.path, 'git-signet.xml'));
    const env = { ...REQUEST, CI_COMMIT_SHA: head };
    expect((await runComponent(component, repository, given(), { env })).exit).toBe(0);
    expect(readFileSync(outside, 'utf8')).toBe('as it was');
  });
});
