/** The HTML report in Chromium: on a phone, zoomed, light and dark, by keyboard, and in its accessibility tree. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/core/verdict.ts';
import type { ReportContext } from '../../src/report/format.ts';
import {
  ALL_LOOKS,
  accessibilityTree,
  headingFaults,
  isWide,
  lowContrast,
  startChromium,
  tabbed,
} from '../support/chromium.ts';
import { judgedCommit, outcome, reported, STATUSES } from '../support/judged-samples.ts';
import { scratchDirectory } from '../support/sandbox.ts';
import { haveTools } from '../support/tools.ts';

const here = haveTools('chromium');
const directory = scratchDirectory('html-report');

/** Writes a report, and returns its address. `statusOf`: the status of a commit by its place. */
function written(
  name: string,
  count: number,
  statusOf: (at: number) => Outcome['status'],
  more: Partial<ReportContext> = {},
  reasonOf = (_at: number, status: string): string => `it is ${status}`,
): string {
  const samples = Array.from({ length: count }, (_, at) => {
    const status = statusOf(at);
    const who = `person${(at * 7) % 31}@${'long-host.'.repeat(at % 4)}example.test`;
    const time = 1795262072 - at * 5000;
    return judgedCommit(outcome(status, who, reasonOf(at, status), time), `change ${at} <b>`);
  });
  const file = join(directory, `${name}.html`);
  writeFileSync(file, reported('html', samples, more).text);
  return pathToFileURL(file).href;
}

const mixed = (at: number): Outcome['status'] => STATUSES[at % 19 === 7 ? at % 5 : 0] ?? 'verified';

describe.skipIf(!here)('the report in Chromium', () => {
  let browser: Browser;
  const urls: Record<string, string> = {};

  beforeAll(async () => {
    urls['few'] = written('few', 5, (at) => STATUSES[at] ?? 'verified');
    urls['mixed'] = written('mixed', 5000, mixed);
    urls['one cause'] = written('one-cause', 2010, (at) => (at % 201 ? 'not-allowed' : 'verified'));
    urls['anyone'] = written('anyone', 12, () => 'verified', { policy: undefined });
    urls['reasons'] = written(
      'reasons',
      4,
      (at) => STATUSES[at % 2] ?? 'verified',
      {},
      (at) => `reason ${at}`,
    );
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  async function opened(name: string, look = ALL_LOOKS[0]): Promise<Page> {
    const page = await browser.newPage(look);
    await page.goto(urls[name] ?? '');
    return page;
  }

  it.each(ALL_LOOKS)('no report is cut off or pale: $name, $colorScheme', async (look) => {
    for (const name of Object.keys(urls)) {
      const page = await opened(name, look);
      expect([name, await isWide(page)]).toEqual([name, false]);
      const { faults, texts } = await lowContrast(page);
      expect([name, faults]).toEqual([name, []]);
      expect(texts).toBeGreaterThan(20);
      await page.evaluate("document.documentElement.style.fontSize = '200%'");
      expect([name, await isWide(page)]).toEqual([name, false]);
      const clash = `(() => {
        const boxes = [...document.querySelectorAll('.axis span')].map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0);
        return boxes.filter((box, at) => at > 0 && boxes[at - 1].right > box.left).length;
      })()`;
      await page.evaluate("document.documentElement.style.fontSize = ''");
      expect([name, await page.evaluate(clash)]).toEqual([name, 0]);
      await page.close();
    }
  });

  it('a report asks for nothing, says nothing, and runs no script', async () => {
    for (const url of Object.values(urls)) {
      const page = await browser.newPage();
      const asked: string[] = [];
      const said: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('console', (message) => said.push(message.text()));
      await page.goto(url);
      expect(asked).toEqual([url]);
      expect(said).toEqual([]);
      expect(await page.locator('b b, script').count()).toBe(0);
      await page.close();
    }
  });

  it('2,000 failures of one cause and what to do about them fit one screen', async () => {
    const page = await opened('one cause');
    const bottom = await page.locator('h3 ~ details').first().boundingBox();
    expect((bottom?.y ?? 9999) + (bottom?.height ?? 0)).toBeLessThan(900);
    const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
    // and the whole page is short, although it holds all of them
    expect(height).toBeLessThan(4000);
    expect(await page.locator('li.row').count()).toBe(2010);
    await page.close();
  });

  it.each(['desktop', 'phone'])(
    'a reason of one commit has room for its words on a %s',
    async (name) => {
      const page = await opened(
        'reasons',
        ALL_LOOKS.find((one) => one.name === name),
      );
      const [row, reason] = [page.locator('li.row').first(), page.locator('.row small').first()];
      const [whole, part] = [await row.boundingBox(), await reason.boundingBox()];
      expect(part?.width).toBeGreaterThan((whole?.width ?? 9999) * 0.7);
      await page.close();
    },
  );

  it('a screen reader finds verdict, facts, causes, signers and the folded rest, in this order', async () => {
    const page = await opened('one cause');
    const tree = await accessibilityTree(page);
    expect(headingFaults(tree)).toEqual([]);
    expect(
      tree
        .filter(({ role }) => /^(banner|main|heading|term|table|DisclosureTriangle)$/.test(role))
        .map(({ role, name, level }) => `${role}${level ?? ''} ${name}`.trim()),
    ).toEqual([
      'banner',
      'heading1 ✗ 2,000 of 2,010 commits are not verified',
      'main',
      ...['term Repository', 'term Commit', 'term Policy', 'term Trust root', 'term Made by'],
      'heading2 Not verified, by cause',
      'heading3 ✗ not allowed: identity not allowed (2,000 commits)',
      'DisclosureTriangle 1,995 more commits',
      'heading2 Who signed when',
      'table',
      'heading2 Verified',
      'DisclosureTriangle 5 more commits',
    ]);
    await page.close();
  });

  it.each(['desktop', 'phone'])(
    'a screen reader reads the signers as a table on a %s',
    async (name) => {
      const look = ALL_LOOKS.find((one) => one.name === name);
      const page = await opened('few', look);
      const tree = await accessibilityTree(page);
      const told = (role: string): readonly string[] =>
        tree.filter((node) => node.role === role).map((node) => node.name);
      expect(told('columnheader').slice(0, 3)).toEqual(['Signer', 'All', 'Not verified']);
      expect(told('rowheader')).toContain('unsigned');
      expect(told('row').length).toBeGreaterThan(3);
      await page.close();
    },
  );

  it('the folded rest opens by keyboard alone, and shows where the focus is', async () => {
    const page = await opened('one cause');
    const { text, ring } = await tabbed(page);
    expect(text).toBe('1,995 more commits');
    expect(ring).toBeGreaterThanOrEqual(2);
    const shown =
      "[...document.querySelectorAll('li.row')].filter((row) => row.checkVisibility({ contentVisibilityAuto: true })).length";
    const before = Number(await page.evaluate(shown));
    expect(before).toBeLessThan(20);
    await page.keyboard.press('Enter');
    expect(Number(await page.evaluate(shown))).toBe(before + 1995);
    expect(await isWide(page)).toBe(false);
    await page.close();
  });

  it.each(['light', 'dark'] as const)(
    'nothing of a report without a policy is green, %s',
    async (colorScheme) => {
      const colours = async (name: string): Promise<readonly string[]> => {
        const page = await browser.newPage({ colorScheme });
        await page.goto(urls[name] ?? '');
        const found =
          await page.evaluate(`[...new Set([...document.querySelectorAll('body *')].flatMap((one) => {
        const style = getComputedStyle(one);
        return [style.color, style.backgroundColor, style.borderLeftColor, style.fill];
      }))]`);
        await page.close();
        return found as readonly string[];
      };
      const isGreen = (colour: string): boolean => {
        const [red = 0, green = 0, blue = 0, alpha = 1] = (colour.match(/[\d.]+/g) ?? []).map(
          Number,
        );
        return alpha > 0 && green > red * 1.2 && green > blue * 1.2;
      };
      expect((await colours('anyone')).filter(isGreen)).toEqual([]);
      // with a policy there is green, so the test can see it
      expect((await colours('few')).filter(isGreen)).not.toEqual([]);
    },
  );
});
