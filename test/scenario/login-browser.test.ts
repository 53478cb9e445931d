/** A person commits with a real browser (Debian's Chromium): one click, and every other way a login can end. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { startChromium } from '../support/chromium.ts';
import {
  type Commit,
  listens,
  makeRepository,
  type Repository,
} from '../support/login-scenario.ts';
import { scratchSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const present = haveTools('chromium', 'script');

/** Pictures of the pages, for a person to look at. */
const PICTURES = process.env['GIT_SIGNET_PICTURES'];

describe.skipIf(!present)('git commit -S with a login in Chromium', () => {
  let browser: Browser;
  let remembering: Sandbox;
  let asking: Sandbox;
  const repositories: Repository[] = [];
  let context: BrowserContext | undefined;

  beforeAll(async () => {
    [browser, remembering, asking] = await Promise.all([
      startChromium(),
      scratchSandbox({ autoApprove: true }),
      scratchSandbox({ autoApprove: false }),
    ]);
  });
  afterEach(async () => {
    await context?.close();
    for (const repository of repositories.splice(0)) repository.close();
  });
  afterAll(async () => {
    await browser.close();
    await remembering.close();
    await asking.close();
  });

  function repositoryAt(sandbox: Sandbox): Repository {
    const repository = makeRepository(sandbox);
    repositories.push(repository);
    return repository;
  }

  async function open(
    url: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<Page> {
    context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  async function ends(repository: Repository, commit: Commit, line: RegExp): Promise<void> {
    const { code, said } = await commit.ended;
    expect(code).toBe(128);
    expect(said.split('\n').filter((text) => line.test(text))).toHaveLength(1);
    expect(repository.head()).toBeUndefined();
    expect(await listens(await commit.page)).toBe(false);
  }

  it('if the issuer remembers the person, a login is one click without a trace in the history (O01 O07)', async () => {
    const repository = repositoryAt(remembering);
    const commit = repository.commit('parser: refuse trailing bytes');
    const page = await open(await commit.page);
    const answers: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/auth/callback?')) answers.push(request.url());
    });
    expect(await page.textContent('h1')).toBe('git wants to sign a commit as you');
    expect(await page.textContent('dl')).toContain('parser: refuse trailing bytes');
    await page.click('a.go');
    await page.waitForSelector('h1.good');
    expect(await page.textContent('h1')).toContain('Logged in as alice@example.test');
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}$/);
    const session = await context!.newCDPSession(page);
    const { entries } = await session.send('Page.getNavigationHistory');
    expect(
      entries.filter(({ url }) => url.includes('/auth/callback') || url.includes('code=')),
    ).toEqual([]);
    expect(await commit.ended).toMatchObject({ code: 0 });
    expect(repository.git('verify-commit', 'HEAD').code).toBe(0);
    const head = repository.head();
    expect(answers).toHaveLength(1);
    await expect(page.goto(answers[0]!)).rejects.toThrow(/ERR_CONNECTION_REFUSED/);
    expect(repository.head()).toBe(head);
  });

  it("the page of a tag says the tag's name, and a tag of that name is signed", async () => {
    const repository = repositoryAt(remembering);
    const tagging = repository.tag('v1.2', 'release: strict reader');
    const page = await open(await tagging.page);
    expect(await page.title()).toBe('Sign the tag v1.2 – git-signet');
    expect(await page.textContent('h1')).toBe('git wants to sign the tag v1.2 as you');
    expect(await page.textContent('dl')).toMatch(/Tagv1\.2\s+Messagerelease: strict reader/);
    await page.click('a.go');
    await page.waitForSelector('h1.good');
    expect(await tagging.ended).toMatchObject({ code: 0 });
    expect(repository.git('verify-tag', 'v1.2').code).toBe(0);
  });

  it('a wrong account is refused on the page and at the terminal with one remedy (O13)', async () => {
    const repository = repositoryAt(remembering);
    const commit = repository.commit('not mine', { identity: 'carol@example.test' });
    const page = await open(await commit.page);
    await page.click('a.go');
    await page.waitForSelector('h1.bad');
    const remedy = 'git signet login --identity carol@example.test';
    expect(await page.textContent('main code')).toBe(remedy);
    expect(await page.textContent('main')).toContain(
      'Logged in as alice@example.test, but this repository expects carol@example.test',
    );
    const { code, said } = await commit.ended;
    expect(code).toBe(128);
    expect(said).toContain(`nothing was published. To log in as the expected account: ${remedy}\n`);
  });

  it('bob chooses an account at the issuer and signs as bob', async () => {
    const repository = repositoryAt(asking);
    const commit = repository.commit('bob');
    const page = await open(await commit.page);
    await page.click('a.go');
    await page.click('button[value="bob@example.test"]');
    await page.waitForSelector('h1.good');
    expect(await page.textContent('main')).toContain('Go back to the terminal');
    await commit.reads(/the committer is alice@example\.test, and this account is new here/);
    commit.type('y');
    expect(await commit.ended).toMatchObject({ code: 0 });
    expect(repository.git('log', '-1', '--format=%GS').stdout).toContain('bob@example.test');
  });

  it('bob enters the code on another device and signs as bob (O11)', async () => {
    const repository = repositoryAt(asking);
    const commit = repository.commit('elsewhere', { tokenProvider: 'device' });
    const [, address = '', code = ''] = await commit.reads(/open (\S+) and enter (\S+) /);
    const page = await open(address);
    await page.fill('input[name="user_code"]', code.toLowerCase());
    await page.click('button');
    expect(await page.textContent('main')).toContain(code);
    await page.click('button:not(.deny)');
    await page.click('button[value="bob@example.test"]');
    await page.waitForSelector('h1:has-text("Logged in")');
    await commit.reads(/Sign as bob@example\.test\?/);
    commit.type('y');
    expect(await commit.ended).toMatchObject({ code: 0 });
    expect(repository.git('log', '-1', '--format=%GS').stdout).toContain('bob@example.test');
  });

  it('denying ends it', async () => {
    const repository = repositoryAt(asking);
    const commit = repository.commit('denied');
    const page = await open(await commit.page);
    await page.click('a.go');
    await page.click('button.deny');
    await page.waitForSelector('h1.bad');
    expect(await page.textContent('main')).toContain('access_denied');
    await ends(repository, commit, /^git-signet: the login was refused/);
  });

  it('a login whose page is closed or left open ends at the deadline (O18)', async () => {
    const [closed, late] = [repositoryAt(asking), repositoryAt(asking)];
    const first = closed.commit('closed', { loginTimeout: '3' });
    const second = late.commit('late', { loginTimeout: '3' });
    const page = await open(await first.page);
    const waiting = await context!.newPage();
    await page.close();
    await waiting.goto(await second.page);
    await waiting.click('a.go');
    await ends(closed, first, /^git-signet: you did not log in within 3 s/);
    await ends(late, second, /^git-signet: you did not log in within 3 s/);
    await waiting.click('button[value="alice@example.test"]').catch(() => undefined);
    expect(late.head()).toBeUndefined();
  });

  it('an answer with a wrong state changes nothing, and the same page still works (O01)', async () => {
    const repository = repositoryAt(remembering);
    const commit = repository.commit('forged');
    const page = await open(await commit.page);
    const link = new URL((await page.getAttribute('a.go', 'href')) ?? '');
    await page.goto(`${link.searchParams.get('redirect_uri')}?code=stolen&state=wrong`);
    expect(await page.textContent('main')).toContain('does not belong to the login');
    await page.goto(await commit.page);
    await page.click('a.go');
    await page.waitForSelector('h1.good');
    expect(await commit.ended).toMatchObject({ code: 0 });
  });

  it('reloads, the back button and a second tab work only in the browser that began the login (O19)', async () => {
    const repository = repositoryAt(remembering);
    // the listener is localhost, the issuer 127.0.0.1: another site, whose answer brings the cookie along
    const commit = repository.commit('to and fro', {
      redirectUrl: 'http://localhost/auth/callback',
    });
    const page = await open(await commit.page);
    expect(new URL(page.url()).hostname).toBe('localhost');
    await page.reload();
    await page.click('a.go', { noWaitAfter: true });
    await page.waitForSelector('h1.good');
    expect(await commit.ended).toMatchObject({ code: 0 });
    const second = repository.commit('two tabs', { redirectUrl: 'http://localhost/auth/callback' });
    await page.goto(await second.page);
    await page.goto('about:blank');
    await page.goBack();
    const tab = await context!.newPage();
    await tab.goto(await second.page);
    expect(await page.textContent('h1')).toBe(await tab.textContent('h1'));
    await tab.click('a.go');
    await tab.waitForSelector('h1.good');
    const { code, said } = await second.ended;
    expect([code, said]).toEqual([0, expect.not.stringContaining('second time')]);
  });

  it('a private window gets no page, but the printed address works in it (O19)', async () => {
    const repository = repositoryAt(remembering);
    const commit = repository.commit('two browsers');
    const page = await open(await commit.page);
    const elsewhere = await browser.newContext();
    const tab = await elsewhere.newPage();
    await tab.goto(await commit.page);
    expect(await tab.textContent('h1')).toBe('This login page was opened before');
    expect(await tab.textContent('main')).not.toContain('two browsers');
    await commit.reads(/the login page was opened a second time. If it was not you, press Ctrl-C/);
    const [, printed = ''] = await commit.reads(/or open this address .*: (http\S+)/);
    await page.goto(printed);
    expect(await page.textContent('main')).toContain('two browsers');
    await page.click('a.go');
    await page.waitForSelector('h1.good');
    expect(await commit.ended).toMatchObject({ code: 0 });
    await elsewhere.close();
  });

  it('an answer in another container is told where to go on, and git still waits (O19)', async () => {
    const repository = repositoryAt(asking);
    const commit = repository.commit('contained');
    const page = await open(await commit.page);
    const link = (await page.getAttribute('a.go', 'href')) ?? '';
    const elsewhere = await browser.newContext();
    const tab = await elsewhere.newPage();
    await tab.goto(link);
    await tab.click('button[value="alice@example.test"]');
    await tab.waitForSelector('h1:has-text("This login began in another browser")');
    expect(await tab.textContent('main')).toContain('git is still waiting');
    await commit.reads(/the login started in one browser and ended in another/);
    await page.click('a.go');
    await page.click('button[value="alice@example.test"]');
    await page.waitForSelector('h1.good');
    expect(await commit.ended).toMatchObject({ code: 0 });
    await elsewhere.close();
  });

  it('two logins at once in one browser do not get in each other’s way (O19)', async () => {
    const [one, two] = [repositoryAt(remembering), repositoryAt(remembering)];
    const commits = [one.commit('first of two'), two.commit('second of two')];
    const pages: Page[] = [];
    context = await browser.newContext();
    for (const commit of commits) {
      const page = await context.newPage();
      await page.goto(await commit.page);
      pages.push(page);
    }
    await Promise.all(pages.map((page) => page.click('a.go')));
    for (const [index, page] of pages.entries()) {
      await page.waitForSelector('h1.good');
      const { code, said } = await commits[index]!.ended;
      expect([code, said]).toEqual([0, expect.not.stringContaining('second time')]);
    }
  });

  it('a browser that keeps no cookies is told what to do, and the code for another device works (O19)', async () => {
    const repository = repositoryAt(remembering);
    const commit = repository.commit('no cookies', { loginTimeout: '5' });
    const page = await open(await commit.page);
    await context!.clearCookies();
    await page.reload();
    expect(await page.textContent('main')).toContain('git signet login --device');
    await ends(repository, commit, /^git-signet: you did not log in within 5 s/);
  });

  it.each<[string, Parameters<Browser['newContext']>[0]]>([
    ['light', { colorScheme: 'light', viewport: { width: 900, height: 700 } }],
    ['phone-dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 }, isMobile: true }],
  ])('the pages fit: %s', async (name, options) => {
    const repository = repositoryAt(asking);
    const subject = `parser: refuse ${'trailing'.repeat(20)} bytes <b>&amp;`;
    const commit = repository.commit(subject, { identity: 'bob@example.test' });
    const page = await open(await commit.page, { ...options, javaScriptEnabled: false });
    const fits = async (state: string): Promise<void> => {
      const { width } = options?.viewport ?? { width: 0 };
      const box = await page.locator('main').boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
      if (PICTURES === undefined) return;
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: join(PICTURES, `${name}-${state}.png`), fullPage: true });
    };
    await fits('start');
    await page.click('a.go');
    await page.click(
      name === 'light' ? 'button[value="bob@example.test"]' : 'button[value="alice@example.test"]',
    );
    await page.waitForSelector('h1.good, h1.bad');
    await fits('end');
    await commit.ended;
  });
});
