/** Builds the released commit once more, in another folder with packages of its own, and compares. */

import { join } from 'node:path';
import { command, say } from './command.ts';
import { madeIn } from './executables.ts';
import { sha256Of } from './released-file.ts';
import { type Release, StepError } from './step.ts';
import { TARGETS } from './targets.ts';

/**
 * Compares this machine's executable of the release with what `scripts/build` makes of a fresh clone. Makes no file.
 *
 * @throws StepError where they differ
 */
export async function secondBuild(release: Release): Promise<readonly string[]> {
  const here = TARGETS.find(
    ({ os, cpu, libc }) =>
      os === 'linux' && os === process.platform && cpu === process.arch && libc === 'glibc',
  );
  if (here === undefined) {
    say('not tried: a second build (a Mac’s executable is signed after its build)');
    return [];
  }
  const folder = join(release.work, 'a-second-folder-with-a-longer-name', 'clone');
  command('git', [
    'clone',
    '--quiet',
    '--no-hardlinks',
    '--branch',
    `v${release.version}`,
    '.',
    folder,
  ]);
  command('sh', ['scripts/build'], { cwd: folder, minutes: 15 });
  const sum = sha256Of(join(madeIn(release, here), here.executable));
  const again = sha256Of(join(folder, 'dist/git-signet'));
  say(`${here.name}, built in two folders: ${sum} ${again}`);
  if (sum === again) return [];
  throw new StepError(
    'two builds of one commit differ',
    `compare ${folder}/dist/git-signet with ${madeIn(release, here)}/${here.executable}`,
  );
}
