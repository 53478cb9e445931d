/** A person logs in with a browser at the stack's issuer, and the real Fulcio takes what the issuer gave. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildOptions, childEnvironment } from '../../src/sandbox/environment.ts';
import { makeRepository, type Repository } from '../support/login-scenario.ts';
import { clickThrough } from '../support/person.ts';
import { ALICE, stack } from '../support/stack.ts';
import { haveTools } from '../support/tools.ts';

describe.skipIf(!haveTools('script'))('git commit -S with a login', () => {
  let repository: Repository;
  beforeAll(() => {
    const environment = (options?: ChildOptions) =>
      childEnvironment(stack.urls, stack.files, options);
    repository = makeRepository({ environment });
  });
  afterAll(() => repository.close());

  it('is one click', async () => {
    const commit = repository.commit('parser: refuse trailing bytes');
    const pages = await clickThrough(await commit.page);
    expect(pages.at(-1)?.body).toContain(`Logged in as ${ALICE}`);
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.stringContaining(`signed as ${ALICE} (log entry `)]);
    expect(repository.git('verify-commit', 'HEAD')).toMatchObject({ code: 0 });
  });

  it('asks for who is expected, and gets that person', async () => {
    const commit = repository.commit('by bob', { identity: 'bob@example.test' });
    await clickThrough(await commit.page);
    expect((await commit.ended).code).toBe(0);
    expect(repository.git('verify-commit', 'HEAD').stderr).toContain('bob@example.test');
  });
});
