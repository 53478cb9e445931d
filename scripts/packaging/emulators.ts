/**
 * Ways to start an executable of another platform on Linux x64: a root with musl, an emulated processor, Wine. Each comes from
 * packages that are unpacked into the cache. What cannot be had is said with its reason, and stops no release.
 */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { findExecutable } from '../../src/system/process.ts';
import { command, ended } from './command.ts';
import { debianPackage, triesCache } from './debian.ts';
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

/** The first musl that reads the relative relocations of today's C++ library is 1.2.4. Debian 12 has 1.2.3. */
const MUSL_SUITE = 'trixie';
/** A wheel for Alpine's Python, which brings Alpine's C++ library, as `apk add libstdc++` does. */
const WHEEL = {
  requirement:
    'greenlet==3.2.4 --hash=sha256:326d234cbf337c9c3def0676412eb7040a35a768efc92504b947b3e9cfc7543d',
  platform: 'musllinux_1_2_x86_64',
  python: '3.12',
};

/** Folder with libstdc++ and libgcc for musl. */
function alpineLibraries(): string {
  const folder = join(triesCache(), 'alpine-libraries');
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  writeFileSync(join(scratch, 'requirements.txt'), `${WHEEL.requirement}\n`);
  command('python3', [
    ...['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check'],
    ...['--only-binary', ':all:', '--platform', WHEEL.platform, '--python-version', WHEEL.python],
    ...['--require-hashes', '-r', join(scratch, 'requirements.txt'), '-d', scratch],
  ]);
  const [wheel = ''] = readdirSync(scratch).filter((name) => name.endsWith('.whl'));
  command('python3', ['-m', 'zipfile', '-e', join(scratch, wheel), join(scratch, 'wheel')]);
  cpSync(join(scratch, 'wheel', 'greenlet.libs'), folder, { recursive: true });
  rmSync(scratch, { recursive: true });
  return folder;
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

/** A root that holds what Alpine has, and no more: the C library, the C++ library, git, the executable. */
function muslRoot(executable: string, folder: string): Started {
  if (process.getuid?.() !== 0) throw new Error('another root needs the rights of root');
  const root = join(folder, 'root');
  for (const name of ['lib', 'usr/lib', 'proc', 'dev', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  const musl = debianPackage('musl', MUSL_SUITE);
  const loader = join(root, 'lib/ld-musl-x86_64.so.1');
  copyFileSync(join(musl, 'usr/lib/x86_64-linux-musl/libc.so'), loader);
  chmodSync(loader, 0o755);
  symlinkSync('ld-musl-x86_64.so.1', join(root, 'lib/libc.musl-x86_64.so.1'));
  const libraries = alpineLibraries();
  for (const name of readdirSync(libraries)) {
    const known = name.startsWith('libstdc++') ? 'libstdc++.so.6' : name;
    copyFileSync(join(libraries, name), join(root, 'usr/lib', known));
  }
  copyGit(root);
  copyFileSync(executable, join(root, 'git-signet'));
  mkdirSync(join(root, 'try'));
  const script = join(folder, 'in-root');
  // $1 is the root, $2 the folder of the try; the rest is for the program
  const lines = [
    'root=$1 && mount -t proc proc "$root/proc" && mount --bind /dev "$root/dev"',
    'mount --bind "$2" "$root/try" && shift 2 && exec chroot "$root" /git-signet "$@"',
  ];
  writeFileSync(script, `set -e\n${lines.join('\n')}\n`);
  const args = ['--mount', '--propagation', 'private', 'sh', script, root, folder];
  return {
    program: 'unshare',
    args,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    seenAs: '/try',
    git: true,
  };
}

/** qemu translates each instruction, and hands system calls to this machine's kernel. */
function armProcessor(executable: string, folder: string): Started {
  const qemu = join(debianPackage('qemu-user-static'), 'usr/bin/qemu-aarch64-static');
  const libraries = join(debianPackage('libc6-arm64-cross'), 'usr/aarch64-linux-gnu');
  return { program: qemu, args: ['-L', libraries, executable], env: {}, seenAs: folder, git: true };
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
  { target: 'linux-x64-musl', what: 'in a root with musl', prepare: muslRoot },
  { target: 'linux-arm64', what: 'on an emulated processor', prepare: armProcessor },
  { target: 'windows-x64', what: 'under Wine', prepare: wine },
];
