/**
 * The executables of all platforms: one set of bundled modules, each platform's own Bun and keyring library. A Mac's are
 * signed ad hoc, and the signatures are read back.
 */

import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundleAll, MODULES } from '../build-parts/bundle.ts';
import { compile } from '../build-parts/executable.ts';
import type { Part } from './bundled.ts';
import { say } from './command.ts';
import { unpack } from './locked-package.ts';
import { readCodeSignature } from './mach-o.ts';
import { signAdHoc } from './mach-o-sign.ts';
import { NOTICES, writeNotices } from './notices.ts';
import { type Release, StepError } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

/** Folder with a platform's executable, its notices and what it was made from. */
export const madeIn = (release: Release, target: Target): string =>
  join(release.work, 'executables', target.name);

/** Makes every platform's executable. @throws StepError where one is not fit to be released */
export async function executables(release: Release): Promise<readonly string[]> {
  const parts = await bundleAll();
  const made = TARGETS.map((target) => executable(release, target, parts));
  rmSync(MODULES, { recursive: true });
  return made;
}

function executable(release: Release, target: Target, parts: readonly Part[]): string {
  const folder = madeIn(release, target);
  const [bun, keyring] = [join(folder, 'bun'), join(folder, basename(target.keyring))];
  unpack(target.bun, bun);
  unpack(target.keyring, keyring);
  const notices = join(folder, basename(NOTICES));
  writeNotices(parts, [keyring], notices);
  const theirs = join(bun, 'bin', target.os === 'win32' ? 'bun.exe' : 'bun');
  compile({
    bun: process.env['BUN'] ?? '',
    other: { target: `bun-${target.name}`, bun: theirs },
    keyring,
    notices,
    // Bun adds `.exe` itself
    outfile: join(folder, 'git-signet'),
  });
  const path = join(folder, target.executable);
  if (target.os === 'darwin') signForMac(path, theirs);
  checkPaths(release, path);
  rmSync(bun, { recursive: true });
  say(`${target.name}: ${(statSync(path).size / 1e6).toFixed(1)} MB`);
  return path;
}

/** Signs an executable, and reads its signature and that of the Bun that it was made from, which Apple's tool made. */
function signForMac(path: string, bun: string): void {
  const apples = readCodeSignature(readFileSync(bun));
  if (apples.adHoc || apples.faults.length > 0) {
    throw new StepError(
      `${bun}: ${apples.faults.join(', ') || 'signed ad hoc'}`,
      'scripts/packaging/mach-o.ts cannot read what Apple signed',
    );
  }
  writeFileSync(path, signAdHoc(readFileSync(path), 'git-signet'));
  const { faults, pages, identifier } = readCodeSignature(readFileSync(path));
  if (faults.length > 0) {
    throw new StepError(`${path}: ${faults.join(', ')}`, 'macOS would not start it');
  }
  say(
    `${path.split('/').at(-2)}: signed ad hoc as ${identifier}, ${pages} pages have their hashes`,
  );
}

/** The folders whose path a file contains. A path as short as `/root` says nothing. */
export const foldersNamed = (file: Buffer, folders: readonly string[]): readonly string[] =>
  folders.filter((folder) => folder.length > 5 && file.includes(folder));

/** An executable that names a folder of the machine that built it differs from the next one, and tells who built it. */
function checkPaths(release: Release, path: string): void {
  const folders = [release.work, process.cwd(), process.env['HOME'] ?? ''];
  const named = foldersNamed(readFileSync(path), folders);
  if (named.length === 0) return;
  throw new StepError(`${path} contains ${named.join(' and ')}`, 'find what puts the path there');
}
