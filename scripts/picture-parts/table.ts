/**
 * The pictures of the documents. Each row says how one file is made from the real program, and when a kept file still
 * shows what the program does. scripts/pictures writes all of them, and test/scenario/pictures.test.ts finds the stale ones.
 *
 * To add a picture: add a row. A terminal needs a scene (scenes.ts), and a page of a browser a way to it (pages.ts).
 */

import { type PagePicture, pagePicture } from './page-picture.ts';
import { samePage } from './page-svg.ts';
import { loginPage, refusalPage, reportPage } from './pages.ts';
import { doctor, firstCommit, verifyRange } from './scenes.ts';
import { type Scene, terminalPicture } from './terminal-picture.ts';

export const FOLDER = 'docs/pictures';

export interface Picture {
  /** File name below docs/pictures. */
  readonly name: string;
  /** Programs that must be on PATH to make it. */
  readonly needs: readonly string[];
  /** Makes the file by running `program`, the absolute path of a built form. */
  readonly make: (program: string) => Promise<Uint8Array>;
  /** True if the kept file shows what the made one shows. */
  readonly same: (kept: Uint8Array, made: Uint8Array) => boolean;
}

function terminal(name: string, scene: Scene): Picture {
  return {
    name,
    needs: ['script'],
    make: async (program) => Buffer.from(await terminalPicture(scene, program)),
    same: (kept, made) => Buffer.compare(kept, made) === 0,
  };
}

function page(name: string, picture: PagePicture): Picture {
  return {
    name,
    needs: ['script', 'chromium'],
    make: async (program) => Buffer.from(await pagePicture(picture, program)),
    same: samePage,
  };
}

export const PICTURES: readonly Picture[] = [
  terminal('first-commit.svg', firstCommit),
  terminal('verify-range.svg', verifyRange),
  terminal('doctor.svg', doctor),
  page('login-page.svg', loginPage),
  page('login-refused.svg', refusalPage),
  page('report.svg', reportPage),
];
