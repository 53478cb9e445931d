/** The folder that each platform's archive holds, and that packages and the formula take their files from. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { command } from './command.ts';
import { madeIn } from './executables.ts';
import { NOTICES } from './notices.ts';
import { type Release, StepError, treeOf } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

/** By shell, the name that it looks for. */
const COMPLETIONS = { bash: 'git-signet.bash', zsh: '_git-signet', fish: 'git-signet.fish' };
const MAN = 'dist/man';

/** Fills every platform's tree. Nothing of it is published as it is. */
export async function trees(release: Release): Promise<readonly string[]> {
  for (const target of TARGETS) fill(release, target);
  return [];
}

function fill(release: Release, target: Target): void {
  const tree = treeOf(release, target);
  const made = madeIn(release, target);
  const copy = (from: string, ...to: readonly string[]): void => {
    const path = join(tree, ...to);
    mkdirSync(join(path, '..'), { recursive: true });
    copyFileSync(from, path);
    chmodSync(path, 0o644);
  };
  copy('LICENSE', 'LICENSE');
  copy(join(made, basename(NOTICES)), basename(NOTICES));
  copy(join(made, target.executable), target.executable);
  chmodSync(join(tree, target.executable), 0o755);
  for (const page of manPages()) copy(join(MAN, page), 'man', page);
  mkdirSync(join(tree, 'completions'), { recursive: true });
  for (const [shell, name] of Object.entries(COMPLETIONS)) {
    const text = command('dist/git-signet', ['completion', shell]);
    writeFileSync(join(tree, 'completions', name), text, { mode: 0o644 });
  }
}

/** File names of the man pages that the build made. @throws StepError where it made none */
function manPages(): readonly string[] {
  const pages = existsSync(MAN) ? readdirSync(MAN) : [];
  if (pages.length > 0) return pages;
  throw new StepError(`${MAN} holds no man page`, 'look for what makes them in scripts/build.ts');
}
