/** The opener of a person who agrees to everything: opens the page, follows its link, says who it is where asked, ends. */

import { clickThrough, logInAs } from './person.ts';

const [, , url, user] = process.argv;
if (url === undefined) throw new Error('which page?');
await (user === undefined ? clickThrough(url) : logInAs(user, url));
