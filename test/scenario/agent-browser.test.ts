/** A real browser and the agent: the first commit opens Chromium, which logs in; no later one does, in any repository. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.ts';
import { countLogins, type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

describe.skipIf(!haveTools('chromium'))('the agent and Chromium', () => {
  const sandbox = useSandbox({ autoApprove: false });
  let browser: Browser;
  let machine: Machine;
  beforeAll(async () => {
    browser = await startChromium();
    machine = await machineAt(sandbox(), { identity: 'bob@example.test' });
  });
  afterAll(async () => {
    await machine.close();
    await browser.close();
  });

  /** The next address that a program wants opened. */
  async function address(path: string): Promise<string> {
    for (;;) {
      if (existsSync(path)) return readFileSync(path, 'utf8');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  it('two commits at once open one page, and its login serves both and all that follow (D18)', async () => {
    const logins = countLogins(sandbox());
    const { home, git, must, repository, signet } = machine;
    const written = join(home, 'address');
    const opener = join(home, 'hand-over');
    writeFileSync(
      opener,
      `#!/bin/sh\nprintf %s "$1" > ${written}.part && mv ${written}.part ${written}\n`,
    );
    chmodSync(opener, 0o755);
    await must(home, 'config', '--global', 'signet.urlOpener', `${opener} {url}`);
    const [parser, printer] = [await repository('parser'), await repository('printer')];
    const commit = (at: string, message: string) =>
      git(at, ['commit', '-q', '--allow-empty', '-m', message]);

    const both = [commit(parser, 'refuse trailing bytes'), commit(printer, 'wrap at 80')];
    const page = await browser.newPage();
    await page.goto(await address(written));
    expect(await page.textContent('h1')).toBe('git wants to sign a commit as you');
    await page.click('a.go');
    await page.click('button[value="bob@example.test"]');
    await page.waitForSelector('h1.good');
    expect(await page.textContent('h1')).toContain('Logged in as bob@example.test');
    for (const { exit, err } of await Promise.all(both)) expect(exit, err).toBe(0);

    for (const at of [parser, printer]) {
      expect((await commit(at, 'later')).exit).toBe(0);
      expect(await must(at, 'log', '--format=%GS')).toMatch(
        /^bob@example\.test.*\nbob@example\.test/,
      );
    }
    expect(logins.count().logins).toBe(1);
    const { here } = JSON.parse((await signet(parser, ['status', '--json'])).out);
    expect(here.credential).toMatchObject({ identity: 'bob@example.test', signatures: 4 });
  });
});
