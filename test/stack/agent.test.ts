/** One login on real servers, kept by the agent: many signatures under one certificate, and an outage in between. */

import { afterEach, describe, expect, it } from 'vitest';
import { runMeanwhile } from '../support/git-repository.ts';
import { EMPTY_TREE } from '../support/odd-objects.ts';
import {
  ALICE,
  allow,
  BOB,
  forms,
  type StackRepository,
  stack,
  stackRepository,
  tokenOf,
  without,
} from '../support/stack.ts';
import { resultsOf } from '../support/verify-scenario.ts';

/** Certificates that Fulcio has issued so far. */
async function issued(): Promise<number> {
  const answer = await fetch(`${stack.urls.ctLog}/ct/v1/get-sth`);
  return ((await answer.json()) as { tree_size: number }).tree_size;
}

/** Other tests do without. */
const AGENT = { SIGNET_AGENT: 'yes' };

describe.each(forms)('the $name', (form) => {
  let repository: StackRepository | undefined;
  afterEach(async () => {
    await repository?.signet(['agent', 'stop', '--all'], AGENT);
  });

  const login = async (here: StackRepository, email = ALICE, ...flags: readonly string[]) =>
    runMeanwhile(form.program, ['login', '--token-stdin', ...flags], {
      cwd: here.path,
      env: { ...here.env, ...here.environment(), ...AGENT },
      input: Buffer.from(await tokenOf({ email })),
    });
  const git = (here: StackRepository, ...args: string[]) =>
    here.gitMeanwhile({ env: { ...here.environment(), ...AGENT } }, ...args);
  /** No person is there to log in. */
  const commit = (here: StackRepository, subject: string) =>
    git(here, 'commit', '-q', '--allow-empty', '-S', '-m', subject);

  it('signs a day’s commits and their rebase with one login and one certificate', async () => {
    const here = stackRepository(form);
    repository = here;
    expect(await login(here)).toMatchObject({ exit: 0 });
    const before = await issued();
    const base = here.must('commit-tree', '-m', 'base', EMPTY_TREE.sha1);
    here.must('update-ref', 'HEAD', base);
    for (let at = 1; at <= 6; at += 1)
      expect(await commit(here, `change ${at}`)).toMatchObject({ exit: 0 });
    const rebased = await git(here, '-c', 'commit.gpgSign=true', 'rebase', '-q', '--no-ff', base);
    expect(rebased).toMatchObject({ exit: 0 });
    const judged = await here.signet(['verify', '--format', 'jsonl', ...allow(), `${base}..HEAD`]);
    const results = resultsOf(judged);
    expect(results.map(({ status }) => status)).toEqual(Array(6).fill('verified'));
    expect(new Set(results.map(({ certificate }) => certificate?.sha1)).size).toBe(1);
    // the one of the login is in the log by now, or about to be
    expect((await issued()) - before).toBeLessThanOrEqual(1);
  });

  it('goes on after an outage without another login', async () => {
    const here = stackRepository(form);
    repository = here;
    await login(here);
    expect(await commit(here, 'before')).toMatchObject({ exit: 0 });
    const head = here.must('rev-parse', 'HEAD');
    await without('rekor-server', async () => {
      expect(await commit(here, 'during')).toMatchObject({ exit: 128 });
      expect(here.must('rev-parse', 'HEAD')).toBe(head);
    });
    expect(await commit(here, 'after')).toMatchObject({ exit: 0 });
    expect((await here.as({}, 'verify-commit', 'HEAD')).err).toContain(
      `good signature by ${ALICE}`,
    );
  });

  it('keeps the wrong person out, and forgets the right one when told', async () => {
    const here = stackRepository(form);
    repository = here;
    const wrong = await login(here, BOB, '--identity', ALICE);
    expect([wrong.exit, wrong.err]).toEqual([4, expect.stringContaining(BOB)]);
    expect(await commit(here, 'nobody')).toMatchObject({ exit: 128 });
    expect(await login(here)).toMatchObject({ exit: 0 });
    expect(await commit(here, 'alice')).toMatchObject({ exit: 0 });
    expect(await here.signet(['logout'], AGENT)).toMatchObject({ exit: 0 });
    expect(await commit(here, 'nobody again')).toMatchObject({ exit: 128 });
  });
});
