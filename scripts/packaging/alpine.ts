/** The two libraries of Alpine Linux that an executable for musl needs: the C library, and the C++ library. */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { debianPackage, triesCache } from './debian.ts';

/** The first musl that reads the relative relocations of today's C++ library is 1.2.4. Debian 12 has 1.2.3. */
const MUSL_SUITE = 'trixie';

/** By processor: its names, and the hash of a wheel that brings Alpine's C++ library, as `apk add libstdc++` does. */
const PROCESSORS = {
  x64: {
    debian: 'amd64',
    musl: 'x86_64',
    wheel: '326d234cbf337c9c3def0676412eb7040a35a768efc92504b947b3e9cfc7543d',
  },
  arm64: {
    debian: 'arm64',
    musl: 'aarch64',
    wheel: 'ee7a6ec486883397d70eec05059353b8e83eca9168b9f3f9a361971e77e0bcd0',
  },
} as const;
const WHEEL = 'greenlet==3.2.4';

type Processor = keyof typeof PROCESSORS;

/** Folder with libstdc++ and libgcc, fetched once. */
function cppLibraries(processor: Processor): string {
  const { musl, wheel } = PROCESSORS[processor];
  const folder = join(triesCache(), `libstdc++-musl-${musl}`);
  if (existsSync(folder)) return folder;
  const scratch = `${folder}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${WHEEL} --hash=sha256:${wheel}\n`);
  command('python3', [
    ...['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check'],
    ...['--only-binary', ':all:', '--platform', `musllinux_1_2_${musl}`],
    ...['--python-version', '3.12', '--require-hashes', '-r', requirements, '-d', scratch],
  ]);
  const [file = ''] = readdirSync(scratch).filter((name) => name.endsWith('.whl'));
  command('python3', ['-m', 'zipfile', '-e', join(scratch, file), join(scratch, 'wheel')]);
  cpSync(join(scratch, 'wheel', 'greenlet.libs'), folder, { recursive: true });
  rmSync(scratch, { recursive: true });
  return folder;
}

/** Puts both libraries where a program looks for them, below `root`. @throws Error where one cannot be had */
export function placeAlpine(processor: Processor, root: string): void {
  const { debian, musl } = PROCESSORS[processor];
  for (const name of ['lib', 'usr/lib']) mkdirSync(join(root, name), { recursive: true });
  const unpacked = debianPackage('musl', { suite: MUSL_SUITE, architecture: debian });
  const loader = `ld-musl-${musl}.so.1`;
  copyFileSync(join(unpacked, `usr/lib/${musl}-linux-musl/libc.so`), join(root, 'lib', loader));
  chmodSync(join(root, 'lib', loader), 0o755);
  symlinkSync(loader, join(root, 'lib', `libc.musl-${musl}.so.1`));
  const libraries = cppLibraries(processor);
  for (const name of readdirSync(libraries)) {
    const known = name.startsWith('libstdc++') ? 'libstdc++.so.6' : name;
    copyFileSync(join(libraries, name), join(root, 'usr/lib', known));
  }
}
