/** What users download: an archive for each platform, the source, and the sums of everything. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { filesBelow } from './deb-rpm.ts';
import { SUMS } from './provenance.ts';
import { releasedSum } from './released-file.ts';
import { type Release, treeOf } from './step.ts';
import { archivedFiles, gzipped, tarGz } from './tar.ts';
import { archiveName, folderName, sourceArchiveName, TARGETS, type Target } from './targets.ts';
import { zip } from './zip.ts';

/** Packs every platform's tree. */
export async function archives(release: Release): Promise<readonly string[]> {
  return Promise.all(TARGETS.map((target) => archive(release, target)));
}

async function archive(release: Release, target: Target): Promise<string> {
  const path = join(release.out, archiveName(release.version, target));
  const files = archivedFiles(treeOf(release, target), folderName(release.version, target));
  const pack = target.archive === 'zip' ? zip : tarGz;
  writeFileSync(path, await pack(files, release.epoch));
  return path;
}

/** Packs the tree that the tag names, as git gives it. */
export async function sourceArchive(release: Release): Promise<readonly string[]> {
  const name = sourceArchiveName(release.version);
  const tar = join(release.work, 'src.tar');
  command('git', [
    // neither a user's own settings nor the machine's may change the bytes
    ...['-c', 'tar.umask=0022', '-c', 'core.autocrlf=false', 'archive', '--format=tar'],
    ...[`--prefix=${name.replace('.tar.gz', '')}/`, `--output=${tar}`, `v${release.version}`],
  ]);
  const path = join(release.out, name);
  writeFileSync(path, await gzipped(readFileSync(tar)));
  return [path];
}

/** Writes the sums of all files that are there, in the order of their names, as `sha256sum -c` reads them. */
export async function sums(release: Release): Promise<readonly string[]> {
  const lines = filesBelow(release.out)
    .filter((name) => name !== SUMS)
    .map((name) => `${releasedSum(release, name)}  ${name}\n`);
  const path = join(release.out, SUMS);
  writeFileSync(path, lines.join(''));
  return [path];
}
