/** The HTML report in a browser: 5 and 5,000 commits, light and dark; nothing asked for, nothing run, nothing cut off. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgedCommit, outcome, reported, STATUSES } from '../support/judged-samples.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { findProgram, haveTools } from '../support/tools.ts';

const here = haveTools('chromium');
const directory = scratchDirectory('html-report');

function report(count: number): string {
  const samples = Array.from({ length: count }, (_, i) => {
    const status = STATUSES[i % 19 === 7 ? i % 5 : 0] ?? 'verified';
    const who = `person${(i * 7) % 31}@example.test`;
    return judgedCommit(
      outcome(status, who, `it is ${status}`, 1795262072 - i * 5000),
      `change ${i} <b>`,
    );
  });
  const file = join(directory, `${count}.html`);
  writeFileSync(file, reported('html', samples).text);
  return pathToFileURL(file).href;
}

/** True when it must be scrolled sideways. */
const isWide = (page: Page): Promise<boolean> =>
  page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth);

describe.skipIf(!here)('the report in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = findProgram('chromium') ?? '';
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it.each([
    [5, 'light'],
    [5, 'dark'],
    [5000, 'light'],
    [5000, 'dark'],
  ] as const)('%i commits, %s', async (count, colorScheme) => {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } });
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    const url = report(count);
    await page.goto(url);
    expect(asked).toEqual([url]);
    expect(said).toEqual([]);
    expect(await page.locator('.all li').count()).toBe(count);
    expect(await page.locator('b b, script').count()).toBe(0);
    expect(await isWide(page)).toBe(false);
    // as text: the types here know no browser
    const red = '/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0]';
    const paper = Number(await page.evaluate(red));
    expect(colorScheme === 'dark' ? paper < 60 : paper > 200).toBe(true);
    if (count > 5) {
      await page.locator('#only-bad').click();
      const shown =
        "[...document.querySelectorAll('.all li')].filter((li) => li.offsetParent).length";
      expect(Number(await page.evaluate(shown))).toBe(
        await page.locator('.all li:not(.ok)').count(),
      );
    }
    await page.close();
    const phone = await browser.newPage({ colorScheme, viewport: { width: 360, height: 700 } });
    await phone.goto(url);
    expect(await isWide(phone)).toBe(false);
    await phone.close();
  });
});
