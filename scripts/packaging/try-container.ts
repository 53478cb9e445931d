/** Builds the image for each processor where buildah is here, without a network, and looks into it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command, onPath, say } from './command.ts';
import { sha256Of } from './released-file.ts';
import { type Release, StepError, treeOf } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

/** Tries the Containerfile. Makes no file of the release. @throws StepError where an image holds another executable */
export async function tryContainer(release: Release): Promise<readonly string[]> {
  if (!onPath('buildah') || !onPath('unshare') || process.getuid?.() !== 0) {
    say('not tried: building the image (needs buildah and root)');
    return [];
  }
  for (const target of TARGETS) {
    if (target.deb !== undefined) buildImage(release, target, target.deb);
  }
  return [];
}

function buildImage(release: Release, target: Target, architecture: string): void {
  const storage = mkdtempSync(join(release.work, 'image-'));
  // no network, and images of its own: what is on this machine already must not help
  const buildah = (...args: readonly string[]): string =>
    command('unshare', [
      ...['--net', 'buildah', '--storage-driver', 'vfs'],
      ...['--root', join(storage, 'root'), '--runroot', join(storage, 'run')],
      ...args,
    ]).trim();
  const tag = `git-signet:${release.version}`;
  try {
    buildah(
      ...['build', '--isolation', 'chroot', '--platform', `linux/${architecture}`],
      ...['--tag', tag, release.out],
    );
    const image = buildah('mount', buildah('from', '--pull-never', tag));
    const [wanted, found] = [treeOf(release, target), join(image, 'usr/bin')].map((folder) =>
      sha256Of(join(folder, 'git-signet')),
    );
    if (wanted !== found) {
      throw new StepError(
        `the image for ${architecture} holds another executable than ${target.name}’s archive`,
        'look at packaging/Containerfile.in',
      );
    }
    buildah('umount', '--all');
  } finally {
    rmSync(storage, { recursive: true, force: true });
  }
  say(
    `tried: the image for ${architecture}: built without a network, and holds the archive’s executable`,
  );
}
