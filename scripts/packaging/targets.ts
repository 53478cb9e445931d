/**
 * The platforms that a release has executables for. Archives, packages, the formula, the actions and the tests read this
 * one table: a platform is added here and nowhere else.
 */

/** The library that a Linux executable takes its system calls from, in npm's words. */
export type Libc = 'glibc' | 'musl';

export interface Target {
  /** What users read in file names: system, processor, and `musl` where it is not glibc. */
  readonly name: string;
  /** npm package with the Bun executable that ours is made from. Its version is the pinned Bun's. */
  readonly bun: string;
  /** npm package with the keyring's native library, which the executable carries. */
  readonly keyring: string;
  /** npm's `os`, `cpu` and `libc`, as a package.json writes them. */
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly cpu: 'x64' | 'arm64';
  readonly libc?: Libc;
  /** Debian's and RPM's names of the architecture. Absent: no such package is made. */
  readonly deb?: string;
  readonly rpm?: string;
  readonly archive: 'tar.gz' | 'zip';
  /** File name of the executable. */
  readonly executable: 'git-signet' | 'git-signet.exe';
}

const unix = { archive: 'tar.gz', executable: 'git-signet' } as const;

export const TARGETS: readonly Target[] = [
  {
    name: 'linux-x64',
    bun: '@oven/bun-linux-x64',
    keyring: '@napi-rs/keyring-linux-x64-gnu',
    ...{ os: 'linux', cpu: 'x64', libc: 'glibc', deb: 'amd64', rpm: 'x86_64' },
    ...unix,
  },
  {
    name: 'linux-x64-musl',
    bun: '@oven/bun-linux-x64-musl',
    keyring: '@napi-rs/keyring-linux-x64-musl',
    ...{ os: 'linux', cpu: 'x64', libc: 'musl' },
    ...unix,
  },
  {
    name: 'linux-arm64',
    bun: '@oven/bun-linux-aarch64',
    keyring: '@napi-rs/keyring-linux-arm64-gnu',
    ...{ os: 'linux', cpu: 'arm64', libc: 'glibc', deb: 'arm64', rpm: 'aarch64' },
    ...unix,
  },
  {
    name: 'linux-arm64-musl',
    bun: '@oven/bun-linux-aarch64-musl',
    keyring: '@napi-rs/keyring-linux-arm64-musl',
    ...{ os: 'linux', cpu: 'arm64', libc: 'musl' },
    ...unix,
  },
  {
    name: 'darwin-x64',
    bun: '@oven/bun-darwin-x64',
    keyring: '@napi-rs/keyring-darwin-x64',
    ...{ os: 'darwin', cpu: 'x64' },
    ...unix,
  },
  {
    name: 'darwin-arm64',
    bun: '@oven/bun-darwin-aarch64',
    keyring: '@napi-rs/keyring-darwin-arm64',
    ...{ os: 'darwin', cpu: 'arm64' },
    ...unix,
  },
  {
    name: 'windows-x64',
    bun: '@oven/bun-windows-x64',
    keyring: '@napi-rs/keyring-win32-x64-msvc',
    ...{ os: 'win32', cpu: 'x64' },
    archive: 'zip',
    executable: 'git-signet.exe',
  },
];

/** The one folder at the top of a platform's archive, without a slash. */
export const folderName = (version: string, target: Target): string =>
  `git-signet-${version}-${target.name}`;

/** File name of a platform's archive. */
export const archiveName = (version: string, target: Target): string =>
  `${folderName(version, target)}.${target.archive}`;

/** File name of the source archive. Its top folder is the name without `.tar.gz`. */
export const sourceArchiveName = (version: string): string => `git-signet-${version}-src.tar.gz`;
