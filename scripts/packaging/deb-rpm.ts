/**
 * Debian and RPM packages by nfpm: what the platform's archive holds, at the places of package-files.ts, and no
 * maintainer script. Times, owners and the order of files are fixed, so the same commit makes the same bytes.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { command } from './command.ts';
import { runNfpm } from './nfpm.ts';
import { type PackageFile, type PackageKind, packageFiles } from './package-files.ts';
import { type Release, treeOf } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

/**
 * The oldest glibc that the executable starts with (Bun 1.3's and the keyring's newest symbol), and the oldest git that
 * asks `gpg.x509.program`. try-packages.ts holds the first against the executable.
 */
export const OLDEST_GLIBC = '2.17';
const OLDEST_GIT = '2.19';

const DEPENDS: Readonly<Record<PackageKind, readonly string[]>> = {
  deb: [`libc6 (>= ${OLDEST_GLIBC})`, `git (>= 1:${OLDEST_GIT})`],
  rpm: [`glibc >= ${OLDEST_GLIBC}`, `git >= ${OLDEST_GIT}`],
};

const SUMMARY = 'sign git commits and tags with a login, verify them offline';
const DESCRIPTION = `git-signet signs git commits and tags with an OpenID Connect login instead of a stored key
(Sigstore: Fulcio, Rekor), verifies them without a network, and gates merges by policy.
git asks it as gpg.x509.program.`;

/** Not in the archives, which stand beside it; an installed package has nothing else that says what is new. */
const CHANGELOG = 'CHANGELOG.md';

/** Both package managers sort `1.0-rc.1` after `1.0`. They read `~` as "before". */
export const packageVersion = (version: string): string => version.replaceAll('-', '~');

/**
 * File name of a package, by its manager's custom, but without `~`, which forges replace in the names of files that they
 * serve. Undefined where the platform has none.
 */
export function packageName(
  kind: PackageKind,
  version: string,
  target: Target,
): string | undefined {
  const arch = target[kind];
  if (arch === undefined) return undefined;
  return kind === 'deb'
    ? `git-signet_${version}_${arch}.deb`
    : `git-signet-${version}-1.${arch}.rpm`;
}

/** Makes every package of the table of platforms. */
export async function debRpm(release: Release): Promise<readonly string[]> {
  return TARGETS.flatMap((target) => [
    ...makePackage('deb', release, target),
    ...makePackage('rpm', release, target),
  ]);
}

function makePackage(kind: PackageKind, release: Release, target: Target): readonly string[] {
  const name = packageName(kind, release.version, target);
  if (name === undefined) return [];
  const folder = join(release.work, 'packages', `${target.name}-${kind}`);
  const config = join(folder, 'nfpm.json');
  mkdirSync(folder, { recursive: true });
  writeFileSync(config, JSON.stringify(configuration(kind, release, target, folder), null, 1));
  const made = join(release.out, name);
  runNfpm(['package', '--config', config, '--packager', kind, '--target', made], {
    SOURCE_DATE_EPOCH: String(release.epoch),
  });
  return [made];
}

export interface PackagedFile extends PackageFile {
  /** Where the file is now. */
  readonly path: string;
}

/** What a package holds, in the order of installed paths. */
export function packagedFiles(
  kind: PackageKind,
  release: Release,
  target: Target,
): readonly PackagedFile[] {
  const tree = treeOf(release, target);
  return packageFiles(kind, [...filesBelow(tree), CHANGELOG]).map((file) => ({
    ...file,
    path: join(file.source === CHANGELOG ? process.cwd() : tree, file.source),
  }));
}

/** nfpm.yaml of a package. JSON is YAML too. */
function configuration(
  kind: PackageKind,
  release: Release,
  target: Target,
  folder: string,
): Readonly<Record<string, unknown>> {
  const { license } = JSON.parse(readFileSync('package.json', 'utf8')) as { license: string };
  const mtime = new Date(release.epoch * 1000).toISOString();
  const root = { mtime, owner: 'root', group: 'root' };
  const files = packagedFiles(kind, release, target);
  const folders = new Set(files.map(({ installed }) => dirname(installed)).filter(isOwn));
  return {
    name: 'git-signet',
    arch: target[kind],
    platform: 'linux',
    version: packageVersion(release.version),
    version_schema: 'none',
    ...(kind === 'rpm' ? { release: '1' } : {}),
    section: 'vcs',
    priority: 'optional',
    maintainer: command('git', ['log', '-1', '--format=%an <%ae>', release.commit]).trim(),
    description: `${SUMMARY}\n${DESCRIPTION}`,
    homepage: release.repository,
    license,
    mtime,
    disable_globbing: true,
    depends: DEPENDS[kind],
    // the default is the name of the machine that builds
    rpm: { buildhost: 'localhost', summary: SUMMARY, compression: 'zstd' },
    // read by every dpkg that is in use; xz saves an eighth and takes two minutes a package
    deb: { compression: 'gzip' },
    contents: [
      ...[...folders].map((dst) => ({ dst, type: 'dir', file_info: { mode: 0o755, ...root } })),
      ...files.map((file) => ({
        src: prepared(file, folder),
        dst: file.installed,
        ...(file.licence === true ? { type: 'license' } : {}),
        file_info: { mode: file.executable === true ? 0o755 : 0o644, ...root },
      })),
    ],
  };
}

/** A folder that no other package has: it goes when the package goes. */
const isOwn = (folder: string): boolean => folder.endsWith('/git-signet');

/** Path of what goes into the package: what is installed as `.gz` is compressed, without a time in its header. */
function prepared({ path, source, installed }: PackagedFile, folder: string): string {
  if (!installed.endsWith('.gz')) return path;
  const compressed = join(folder, `${source}.gz`);
  mkdirSync(dirname(compressed), { recursive: true });
  writeFileSync(compressed, gzipSync(readFileSync(path), { level: 9 }));
  return compressed;
}

/** Paths of a folder's files below it, sorted. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
