/**
 * Ways to start an executable of another platform on Linux x64: a root with musl, an emulated processor, Wine. Each comes from
 * packages that are unpacked into the cache. What cannot be had is said with its reason, and stops no release.
 */

import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findExecutable } from '../../src/system/process.ts';
import { placeAlpine } from './alpine.ts';
import { command, ended } from './command.ts';
import { debianPackage } from './debian.ts';
import { forwardingDll } from './forwarding-dll.ts';

/** How to start a program of another platform. */
export interface Started {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the program takes the folder of the try to be. */
  readonly seenAs: string;
  /** False: there is no git that the program could ask for settings, and it cannot verify. */
  readonly git: boolean;
}

export interface Emulator {
  readonly target: string;
  readonly what: string;
  /** Makes everything ready to start `executable`, which is copied into `folder` where needed. @throws Error why not */
  readonly prepare: (executable: string, folder: string) => Started;
}

/** Copies this machine's git into a root, with the libraries that it is linked with (ldd(1)). */
function copyGit(root: string): void {
  const git = findExecutable('git', process.env) ?? 'git';
  const libraries = command('ldd', [git]).matchAll(/(\/\S+) \(0x/g);
  for (const path of [git, ...[...libraries].map(([, library]) => library ?? '')]) {
    const copy = join(root, path === git ? 'usr/bin/git' : path);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(realpathSync(path), copy);
  }
}

/** A root that holds what Alpine has, and no more. Alone, because a jail may have no /proc. */
function muslRoot(executable: string, folder: string, withProc: boolean): Started {
  if (process.getuid?.() !== 0) throw new Error('another root needs the rights of root');
  const root = join(folder, 'root');
  for (const name of ['proc', 'dev', 'tmp', 'try'])
    mkdirSync(join(root, name), { recursive: true });
  placeAlpine('x64', root);
  copyGit(root);
  copyFileSync(executable, join(root, 'git-signet'));
  const script = join(folder, 'in-root');
  // $1 is the root, $2 the folder of the try; the rest is for the program
  const lines = [
    'set -e',
    'root=$1',
    'mount --bind /dev "$root/dev"',
    'mount --bind "$2" "$root/try"',
    ...(withProc ? ['mount -t proc proc "$root/proc"'] : []),
    'shift 2',
    'exec chroot "$root" /git-signet "$@"',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  const args = ['--mount', '--propagation', 'private', 'sh', script, root, folder];
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
  return { program: 'unshare', args, env, seenAs: '/try', git: true };
}

/** qemu translates each instruction, and hands system calls to this machine's kernel. */
function armProcessor(executable: string, folder: string, libraries: string): Started {
  const program = join(debianPackage('qemu-user-static'), 'usr/bin/qemu-aarch64-static');
  return { program, args: ['-L', libraries, executable], env: {}, seenAs: folder, git: true };
}

const armGlibc = (executable: string, folder: string): Started =>
  armProcessor(
    executable,
    folder,
    join(debianPackage('libc6-arm64-cross'), 'usr/aarch64-linux-gnu'),
  );

function armMusl(executable: string, folder: string): Started {
  const root = join(folder, 'root');
  placeAlpine('arm64', root);
  return armProcessor(executable, folder, root);
}

/** Wine's two packages and the library that it is linked with, in one folder, and an empty Windows made by it. */
function wine(executable: string, folder: string): Started {
  const root = join(folder, 'wine');
  for (const name of ['libwine', 'wine64', 'libz-mingw-w64']) {
    cpSync(debianPackage(name), root, { recursive: true, verbatimSymlinks: true });
  }
  const programs = join(root, 'usr/lib/wine');
  // the script in its place looks for the server where the package would have been installed
  rmSync(join(programs, 'wineserver'));
  symlinkSync('wineserver64', join(programs, 'wineserver'));
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu/wine/x86_64-windows');
  copyFileSync(join(root, 'usr/x86_64-w64-mingw32/lib/zlib1.dll'), join(libraries, 'zlib1.dll'));
  const prefix = join(folder, 'windows');
  const env = {
    WINEPREFIX: prefix,
    WINEDEBUG: '-all',
    // no part of it asks for a window, or for packages that would be downloaded
    WINEDLLOVERRIDES: 'mscoree=;mshtml=',
  };
  const program = join(programs, 'wine64');
  // it fails where the 32-bit half is not there, and has made the folders by then
  ended(program, ['wineboot', '--init'], { env: { ...process.env, ...env } });
  const system = join(prefix, 'drive_c/windows/system32');
  // Wine 8 lacks the library; Windows has it since Vista
  const random = join(system, 'bcryptprimitives.dll');
  if (!existsSync(random)) {
    const [name, from] = ['bcryptprimitives.dll', 'ProcessPrng'];
    writeFileSync(random, forwardingDll({ name, from, to: 'advapi32.SystemFunction036' }));
  }
  return { program, args: [executable], env, seenAs: `Z:${folder}`, git: false };
}

export const EMULATORS: readonly Emulator[] = [
  {
    target: 'linux-x64-musl',
    what: 'in a root with musl',
    prepare: (executable, folder) => muslRoot(executable, folder, true),
  },
  {
    target: 'linux-x64-musl',
    what: 'in a root with musl and without /proc',
    prepare: (executable, folder) => muslRoot(executable, folder, false),
  },
  { target: 'linux-arm64', what: 'on an emulated processor', prepare: armGlibc },
  { target: 'linux-arm64-musl', what: 'on an emulated processor with musl', prepare: armMusl },
  { target: 'windows-x64', what: 'under Wine', prepare: wine },
];
