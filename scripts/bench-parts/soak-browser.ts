/** The browser of a person who agrees to everything, and who loads a page again where the network was away. */

import { clickThrough, type Jar } from '../../test/support/person.ts';

const [, , url = ''] = process.argv;
/** Times that the page is loaded, a second apart. */
const ATTEMPTS = 60;

const jar: Jar = new Map();
for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
  try {
    const pages = await clickThrough(url, jar);
    // the login has ended, or this page is of no use any more
    if ((pages.at(-1)?.status ?? 500) < 500) break;
  } catch {
    // no answer yet
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
