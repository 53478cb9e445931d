/** A CI job whose clone is shallow is told which line to change, before anything is downloaded or judged. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { branchHistory } from '../support/ci-history.ts';
import { ROOT, runAction, runComponent } from '../support/ci-steps.ts';
import { runMeanwhile } from '../support/git-repository.ts';
import { programUnderTest } from '../support/program.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const SHALLOW = 'this clone is shallow, so commits that must be judged may be missing';

/** The branch, cloned with its last commit alone, or whole. */
async function cloned(...options: string[]) {
  const { repository, base, head } = await branchHistory(sandbox(), true, {
    subjects: ['one', 'two'],
  });
  const path = join(repository.home, 'clone');
  const from = pathToFileURL(repository.path).href;
  repository.must('clone', '-q', ...options, '--branch', 'topic', from, path);
  return { clone: { ...repository, path }, base, head };
}

const inputs = () => ({
  program: programUnderTest(),
  'trusted-root': sandbox().files.trustedRoot,
});
const component = (clone: Awaited<ReturnType<typeof cloned>>['clone'], head: string) =>
  runComponent(readFileSync(join(ROOT, 'templates/gate.yml'), 'utf8'), clone, inputs(), {
    env: { CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main', CI_COMMIT_SHA: head },
  });
const action = (clone: Awaited<ReturnType<typeof cloned>>['clone'], base: string, head: string) =>
  runAction('action.yml', clone, {
    ...{ 'github.event.before': base, 'github.sha': head },
    'inputs.program': inputs().program,
    'inputs.trusted-root': inputs()['trusted-root'],
  });

it('on GitHub the remedy for a shallow clone is the line of the checkout', async () => {
  const { clone, base, head } = await cloned('--depth=1', '--no-single-branch');
  const { exit, out, outputs } = await action(clone, base, head);
  expect([exit, outputs['result']]).toEqual([2, 'error']);
  expect(out).toBe(`git-signet: ${SHALLOW}; actions/checkout needs\n  with: { fetch-depth: 0 }\n`);
});

it('on GitLab the remedy for a shallow clone is a variable of the job', async () => {
  const { clone, head } = await cloned('--depth=1', '--no-single-branch');
  const { exit, out, err } = await component(clone, head);
  expect([exit, out]).toEqual([2, '']);
  expect(err).toBe(`git-signet: ${SHALLOW}; the variables of this job need\n  GIT_DEPTH: "0"\n`);
});

it('anywhere else it is a command of git, and that command mends it', async () => {
  const { clone, base, head } = await cloned('--depth=1', '--no-single-branch');
  const env = {
    ...clone.env,
    ...{ GATE_BASE: base, GATE_HEAD: head, GATE_PROGRAM: programUnderTest() },
    GATE_TRUSTED_ROOT: sandbox().files.trustedRoot,
  };
  const gate = () => runMeanwhile(join(ROOT, 'ci/gate'), [], { cwd: clone.path, env });
  const { exit, err } = await gate();
  expect([exit, err]).toEqual([2, `git-signet: ${SHALLOW}\n  git fetch --unshallow\n`]);
  clone.must('-C', clone.path, 'fetch', '-q', '--unshallow');
  const mended = await gate();
  expect(mended.exit, mended.err).toBe(0);
});

it('a whole clone is judged', async () => {
  const { clone, base, head } = await cloned();
  expect((await action(clone, base, head)).exit).toBe(0);
  expect((await component(clone, head)).exit).toBe(0);
});

it('a folder that is no clone is not called a shallow one', async () => {
  const { clone, base, head } = await cloned();
  const { exit, out } = await action({ ...clone, path: clone.home }, base, head);
  expect(exit).toBe(2);
  expect(out).toContain('git cannot read this clone');
  expect(out).not.toContain('shallow');
});
