/** A person commits with Debian's Firefox: one click, reloads, and the container tabs that only this browser has. */

import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { FIREFOX, type Firefox, startFirefox } from '../support/firefox.ts';
import { makeRepository, type Repository } from '../support/login-scenario.ts';
import { scratchSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const present = existsSync(FIREFOX) && haveTools('script');
if (!existsSync(FIREFOX)) console.warn(`skipped: no ${FIREFOX}`);

describe.skipIf(!present)('git commit -S with a login in Firefox', { timeout: 120_000 }, () => {
  let sandbox: Sandbox;
  let firefox: Firefox;
  let repository: Repository;
  beforeAll(async () => {
    [sandbox, firefox] = await Promise.all([scratchSandbox({ autoApprove: true }), startFirefox()]);
  }, 120_000);
  afterEach(() => repository.close());
  afterAll(async () => {
    await firefox?.close();
    await sandbox?.close();
  });

  it('a login in Firefox is one click after a reload, although the issuer is another site (O19)', async () => {
    repository = makeRepository(sandbox);
    const redirectUrl = 'http://localhost/auth/callback';
    const commit = repository.commit('by fox', { redirectUrl });
    await firefox.open(await commit.page);
    expect(await firefox.text('dl')).toContain('by fox');
    await firefox.reload();
    await firefox.click('a.go');
    expect(await firefox.text('h1.good')).toContain('Logged in as alice@example.test');
    expect(await firefox.address()).toMatch(/^http:\/\/localhost:\d+\/[\w-]{24}$/);
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('second time')]);
    expect(repository.git('verify-commit', 'HEAD').code).toBe(0);
  });

  it('a container tab gets no page, its answer changes nothing, and the first tab continues (O19)', async () => {
    repository = makeRepository(sandbox);
    const commit = repository.commit('contained');
    const page = await commit.page;
    await firefox.open(page);
    const link = await firefox.attribute('a.go', 'href');
    const back = await firefox.openInContainer(page);
    expect(await firefox.text('h1')).toBe('This login page was opened before');
    await commit.reads(/the login page was opened a second time. If it was not you, press Ctrl-C/);
    await firefox.open(link);
    expect(await firefox.text('h1')).toBe('This login began in another browser');
    await commit.reads(/the login started in one browser and ended in another/);
    await back();
    await firefox.click('a.go');
    expect(await firefox.text('h1.good')).toContain('alice@example.test');
    await commit.reads(/its page was opened twice/);
    commit.type('y');
    expect(await commit.ended).toMatchObject({ code: 0 });
  });

  it('the printed address works in a container tab, and needs no answer at the terminal (O19)', async () => {
    repository = makeRepository(sandbox);
    const commit = repository.commit('by the printed one');
    await commit.page;
    const [, printed = ''] = await commit.reads(/or open this address .*: (http\S+)/);
    const back = await firefox.openInContainer(printed);
    await firefox.click('a.go');
    expect(await firefox.text('h1.good')).toContain('alice@example.test');
    const { code, said } = await commit.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('Sign as')]);
    await back();
  });
});
