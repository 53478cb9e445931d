/** Opens pages that the built program made in Chromium, and draws them as Chromium read them. */

import type { Browser, Page } from 'playwright-core';
import { startChromium } from '../../test/support/chromium.ts';
import { withFixedPage } from './fixed-page.ts';
import { type SeenPage, svgOfPage } from './page-svg.ts';

/** As text: the types here know no browser. Addresses of a run are taken out of the links. */
const READ_PAGE = `(() => {
  for (const link of document.querySelectorAll('a')) link.setAttribute('href', '#');
  const style = [...document.querySelectorAll('style')].map((one) => one.textContent).join('');
  const body = new XMLSerializer().serializeToString(document.body);
  return { body, style, height: document.documentElement.scrollHeight };
})()`;

export interface PagePicture {
  readonly title: string;
  /** CSS pixels. */
  readonly width: number;
  /** Opens the page in a tab. `program`: absolute path of a built form. The tab is closed by the caller. */
  readonly open: (tab: Page, program: string) => Promise<void>;
}

async function read(browser: Browser, { width, open }: PagePicture, program: string) {
  const tab = await browser.newPage({ viewport: { width, height: 400 } });
  await open(tab, program);
  return (await tab.evaluate(READ_PAGE)) as SeenPage;
}

/** Returns the picture of a page as SVG, the same as long as the program shows the same. */
export async function pagePicture(picture: PagePicture, program: string): Promise<string> {
  const browser = await startChromium();
  try {
    const seen = await read(browser, picture, program);
    return svgOfPage({ ...seen, body: withFixedPage(seen.body) }, picture);
  } finally {
    await browser.close();
  }
}
