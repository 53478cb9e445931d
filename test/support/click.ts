/** The opener of a person who agrees to everything: opens the page, follows its link, ends. */

import { clickThrough } from './person.ts';

const [, , url] = process.argv;
if (url === undefined) throw new Error('which page?');
await clickThrough(url);
