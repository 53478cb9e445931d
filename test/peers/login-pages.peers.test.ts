/** The pages of a login in Chromium: on a phone, zoomed, light and dark, by keyboard, and in its accessibility tree. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  failurePage,
  openedBeforePage,
  type SigningContext,
  startPage,
  successPage,
} from '../../src/login/browser/page.ts';
import type { Page as WrittenPage } from '../../src/login/browser/page-frame.ts';
import {
  ALL_LOOKS,
  accessibilityTree,
  headingFaults,
  isWide,
  lowContrast,
  startChromium,
  tabbed,
} from '../support/chromium.ts';
import { haveTools } from '../support/tools.ts';

const context: SigningContext = {
  repository: 'parser',
  kind: 'tag',
  tag: 'v1.2',
  subject: `parser: refuse ${'trailing'.repeat(20)} bytes <b>&amp;`,
};
const PAGES: Readonly<Record<string, WrittenPage>> = {
  start: startPage({
    ...{ context, identity: `${'alice'.repeat(12)}@example.test`, timeout: 120 },
    choices: ['GitHub', 'Google', 'Microsoft'].map((name) => ({
      label: `Continue with ${name}`,
      href: `/success?with=${name}`,
    })),
  }),
  success: successPage(context, 'alice@example.test', true),
  refusal: failurePage(context, {
    message: 'logged in as bob@example.test, but this repository expects alice@example.test',
    hint: 'nothing was published. To log in as the expected account: git signet login --identity alice@example.test',
  }),
  stray: openedBeforePage(),
};

describe.skipIf(!haveTools('chromium'))('the pages of a login in Chromium', () => {
  let browser: Browser;
  let server: Server;
  let origin = '';

  beforeAll(async () => {
    server = createServer(({ url = '' }, response) => {
      const page = PAGES[new URL(url, origin).pathname.slice(1)];
      response.writeHead(page?.status ?? 404, { ...page?.headers });
      response.end(page?.html);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server.close();
  });

  async function opened(name: string, look = ALL_LOOKS[0]): Promise<Page> {
    const page = await browser.newPage(look);
    await page.goto(`${origin}/${name}`);
    return page;
  }

  const tellNodes = async (name: string): Promise<readonly string[]> => {
    const page = await opened(name);
    const tree = await accessibilityTree(page);
    await page.close();
    expect(headingFaults(tree)).toEqual([]);
    return tree
      .filter(({ role }) => /banner|main|heading|link|button|term|alert/.test(role))
      .map(({ role, name: said, level }) => `${role}${level ?? ''} ${said}`.trim());
  };

  it('a screen reader finds the product, the question, the facts and the choices of the start page', async () => {
    expect(await tellNodes('start')).toEqual([
      'banner',
      'main',
      'heading1 git wants to sign the tag v1.2 as you',
      ...['term Repository', 'term Tag', 'term Message', 'term Signing as'],
      ...['link Continue with GitHub', 'link Continue with Google', 'link Continue with Microsoft'],
    ]);
  });

  it('a screen reader says with each choice what becomes public', async () => {
    const page = await opened('start');
    const tree = await accessibilityTree(page);
    const links = tree.filter(({ role }) => role === 'link');
    expect(links).toHaveLength(3);
    for (const { description } of links) {
      expect(description).toMatch(/^This will be public forever: alicealice.*fingerprint/);
    }
    expect(await page.evaluate('document.documentElement.lang')).toBe('en');
    expect(await page.title()).toBe('Sign the tag v1.2 – git-signet');
    await page.close();
  });

  it('a screen reader hears from the heading how a login ended', async () => {
    expect(await tellNodes('success')).toContain('heading1 ✓ Logged in as alice@example.test');
    expect(await tellNodes('refusal')).toContain('heading1 ✗ Nothing was signed');
    expect(await tellNodes('stray')).toContain('heading1 This login page was opened before');
  });

  it.each(ALL_LOOKS)('no page is cut off or pale: $name, $colorScheme', async (look) => {
    for (const name of Object.keys(PAGES)) {
      const page = await opened(name, look);
      expect([name, await isWide(page)]).toEqual([name, false]);
      const { faults, texts } = await lowContrast(page);
      expect([name, faults]).toEqual([name, []]);
      expect(texts).toBeGreaterThan(3);
      // text of twice the size (WCAG 2.2, 1.4.4)
      await page.evaluate("document.documentElement.style.fontSize = '200%'");
      expect([name, await isWide(page)]).toEqual([name, false]);
      await page.close();
    }
  });

  it('a key that was meant for the terminal chooses nothing, and Tab and Enter choose in order', async () => {
    const page = await opened('start');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    expect(page.url()).toBe(`${origin}/start`);
    const focused = [await tabbed(page), await tabbed(page), await tabbed(page)];
    expect(focused.map(({ text }) => text)).toEqual([
      'Continue with GitHub',
      'Continue with Google',
      'Continue with Microsoft',
    ]);
    expect(focused.filter(({ ring }) => ring < 2)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${origin}/success?with=Microsoft`);
    await page.close();
  });

  it('the style is in force under the content policy, and nothing else is asked for', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    for (const name of Object.keys(PAGES)) await page.goto(`${origin}/${name}`);
    expect(asked).toEqual(Object.keys(PAGES).map((name) => `${origin}/${name}`));
    expect(said.filter((line) => !line.includes('status of 40'))).toEqual([]);
    await page.goto(`${origin}/refusal`);
    const drawn = await page.evaluate(
      "getComputedStyle(document.querySelector('h1')).borderLeftWidth",
    );
    expect(Number.parseFloat(String(drawn))).toBeGreaterThan(4);
    await page.close();
  });
});
