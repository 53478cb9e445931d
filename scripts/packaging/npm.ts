/**
 * The npm packages: `git-signet` with the Node form, the library, the schemas and the command, and one package a platform
 * with its executable. The first names the others as optional dependencies with their os, cpu and libc: npm then installs
 * the one that fits, with no install script, and the command starts it.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { type Release, StepError, treeOf } from './step.ts';
import { type ArchivedFile, archivedFiles, tarGz } from './tar.ts';
import { TARGETS, type Target } from './targets.ts';

export const SCOPE = '@git-signet';

/** What the tree's package.json says; the rest of it (scripts, development dependencies, workspaces) is not published. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: object;
  readonly types: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

type Told = Pick<Release, 'version' | 'repository'>;

/** The address comes from the remote, so that a fork edits nothing. */
const origin = ({ repository }: Told) => ({
  homepage: repository,
  repository: { type: 'git', url: `git+${repository}.git` },
  bugs: { url: `${repository}/issues` },
});

const packageName = (target: Target): string => `${SCOPE}/${target.name}`;

/** File name of a package's archive, as `npm pack` gives it. */
export const tarballName = (name: string, version: string): string =>
  `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;

/** package.json of the main package; `files` are the paths in it. */
export function mainManifest(manifest: Manifest, release: Told, files: readonly string[]): object {
  const { name, description, license, type, engines, bin, exports, types } = manifest;
  const platforms = TARGETS.map((target) => [packageName(target), release.version] as const);
  const man = files.filter((file) => file.startsWith('dist/man/')).map((file) => `./${file}`);
  return {
    ...{ name, version: release.version, description, license, ...origin(release) },
    ...{ type, engines, bin, exports, types },
    ...(man.length === 0 ? {} : { man }),
    optionalDependencies: { ...manifest.optionalDependencies, ...Object.fromEntries(platforms) },
  };
}

/** package.json of a platform's package. */
export function platformManifest(target: Target, license: string, release: Told): object {
  const { os, cpu, libc } = target;
  return {
    ...{ name: packageName(target), version: release.version },
    description: `The git-signet executable for ${target.name}`,
    ...{ license, ...origin(release) },
    ...{ os: [os], cpu: [cpu], ...(libc === undefined ? {} : { libc: [libc] }) },
    // Yarn would leave it in an archive, where nothing can be started
    preferUnplugged: true,
  };
}

const text = (name: string, content: string): ArchivedFile => ({
  ...{ name: `package/${name}`, bytes: Buffer.from(content), executable: false },
});

const json = (manifest: object): ArchivedFile =>
  text('package.json', `${JSON.stringify(manifest, null, 2)}\n`);

async function write(
  release: Release,
  name: string,
  files: readonly ArchivedFile[],
): Promise<string> {
  const folder = join(release.out, 'npm');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, tarballName(name, release.version));
  writeFileSync(path, await tarGz(files, release.epoch));
  return path;
}

function platformFiles(release: Release, target: Target, license: string): readonly ArchivedFile[] {
  const wanted = [target.executable, 'LICENSE', 'THIRD-PARTY-NOTICES.txt'];
  const files = archivedFiles(treeOf(release, target), 'package').filter(({ name }) =>
    wanted.includes(name.slice('package/'.length)),
  );
  if (files.length !== wanted.length) {
    throw new StepError(
      `${treeOf(release, target)} lacks one of ${wanted.join(', ')}`,
      'the step trees fills it',
    );
  }
  const readme = `The executable of git-signet for ${target.name}. Install git-signet, which brings it.\n`;
  return [...files, json(platformManifest(target, license, release)), text('README.md', readme)];
}

/** The files that npm would pack from the tree, and the completions, which are made for the archives. */
function mainFiles(release: Release, manifest: Manifest): readonly ArchivedFile[] {
  const [packed] = JSON.parse(
    command('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']),
  ) as [{ readonly files: readonly { readonly path: string; readonly mode: number }[] }];
  const own = packed.files
    .filter(({ path }) => path !== 'package.json')
    .map(({ path, mode }) => ({
      ...{ name: `package/${path}`, bytes: readFileSync(path), executable: (mode & 0o100) !== 0 },
    }));
  const [first] = TARGETS;
  const tree = first === undefined ? [] : archivedFiles(treeOf(release, first), 'package/dist');
  const completions = tree.filter(({ name }) => name.startsWith('package/dist/completions/'));
  const files = [...own, ...completions].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const paths = files.map(({ name }) => name.slice('package/'.length));
  const needed = Object.values(manifest.bin).concat('dist/node/git-signet.cjs', 'dist/index.js');
  const missing = needed.filter((path) => !paths.includes(path));
  if (missing.length > 0) {
    throw new StepError(`npm packs no ${missing.join(', ')}`, 'scripts/build makes them');
  }
  return [json(mainManifest(manifest, release, paths)), ...files];
}

/** Writes `npm/*.tgz`: the main package, and one a platform. */
export async function npm(release: Release): Promise<readonly string[]> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const packed = [
    write(release, manifest.name, mainFiles(release, manifest)),
    ...TARGETS.map((target) => {
      const files = platformFiles(release, target, manifest.license);
      return write(release, packageName(target), files);
    }),
  ];
  return Promise.all(packed);
}
