/**
 * Runs the commands of docs/install.md as a user would, in a root that is this machine's own with a layer on top: what they
 * write goes into the layer, and the machine stays as it is. A block of the page is tried where its first line has a name.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, onPath, say } from './command.ts';
import { filesBelow } from './deb-rpm.ts';
import { type Release, StepError } from './step.ts';

/** The named blocks of commands of a page: after three backticks, `sh` and the name. */
export function namedBlocks(markdown: string): ReadonlyMap<string, string> {
  const blocks = markdown.matchAll(/^```sh ([\w-]+)\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, name = '', text = '']) => [name, text]));
}

/** What must work after each installation, for every reader of the page. */
const USE = `cd ~
git signet version
git signet init --global </dev/null
git-signet sandbox run -- sh -c 'git init -q story && cd story && git commit -q -S --allow-empty -m tried && git verify-commit HEAD'
git signet init --global --undo
if git config --global --get-regexp 'signet|x509'; then exit 1; fi
if command -v man >/dev/null; then man git-signet | grep -q git-signet; fi
rm -rf story
`;

const DOCUMENTED = [
  { install: 'archive', remove: 'archive-remove', needs: 'tar' },
  { install: 'deb', remove: 'deb-remove', needs: 'apt' },
] as const;

/** Tries what can be tried here. Makes no file. @throws StepError with the output where a command of the page fails */
export async function tryInstalling(release: Release): Promise<readonly string[]> {
  const blocks = namedBlocks(readFileSync('docs/install.md', 'utf8'));
  const here = process.platform === 'linux' && process.arch === 'x64' && process.getuid?.() === 0;
  const manual = join(release.work, 'trees', `git-signet-${release.version}-linux-x64`, 'man');
  for (const { install, remove, needs } of DOCUMENTED) {
    const [first, last] = [blocks.get(install), blocks.get(remove)];
    if (first === undefined || last === undefined) {
      throw new StepError(`docs/install.md has no block ${install} or ${remove}`, 'write it');
    }
    if (!existsSync(manual)) {
      say(`not tried: ${install} of docs/install.md (the build made no man pages)`);
    } else if (!here || !onPath(needs) || !onPath('unshare')) {
      say(`not tried: ${install} of docs/install.md (needs Linux x64, ${needs}, unshare and root)`);
    } else {
      tryBlock(release, install, [first, last]);
    }
  }
  return [];
}

function tryBlock(
  release: Release,
  name: string,
  [install, remove]: readonly [string, string],
): void {
  const scratch = mkdtempSync(join(release.work, `try-${name}-`));
  const [upper, root] = ['upper', 'root'].map((folder) => join(scratch, folder)) as [
    string,
    string,
  ];
  for (const folder of [upper, root, join(scratch, 'layer')]) mkdirSync(folder);
  // as a user types them: installed, used, installed over itself, removed
  const story = ['set -e', 'cd /mnt', install, USE, 'cd /mnt', install, USE, 'cd /mnt', remove];
  writeFileSync(join(scratch, 'story.sh'), story.join('\n'));
  writeFileSync(join(scratch, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  const inside = `set -e
mount -t overlay -o lowerdir=/,upperdir=${upper},workdir=${join(scratch, 'layer')} overlay ${root}
mount --rbind /proc ${root}/proc
mount --rbind /dev ${root}/dev
mkdir -p ${root}/mnt ${root}/opt/try ${root}/etc/apt/apt.conf.d ${root}/home/reader
mount --bind ${scratch} ${root}/opt/try
printf 'APT::Get::Assume-Yes "true";\\n' >${root}/etc/apt/apt.conf.d/99-try
cp -al ${release.out} ${scratch}/files 2>/dev/null || cp -a ${release.out} ${scratch}/files
mount --bind ${scratch}/files ${root}/mnt
exec chroot ${root} sh /opt/try/story.sh`;
  const { exit, out, err } = ended(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', inside],
    {
      env: {
        PATH: `/home/reader/.local/bin:/opt/try:${process.env['PATH']}`,
        ...{ HOME: '/home/reader', VERSION: release.version, LC_ALL: 'C' },
        ...{ DEBIAN_FRONTEND: 'noninteractive', MANPAGER: 'cat', GIT_CONFIG_NOSYSTEM: '1' },
      },
    },
  );
  if (exit !== 0) {
    const said = `${out}${err}`.trim().split('\n').slice(-15).join('\n  ');
    throw new StepError(`${name} of docs/install.md: exit ${exit}\n  ${said}`, 'correct the page');
  }
  // man keeps formatted pages for all users, until its own daily job
  const left = filesBelow(upper).filter(
    (path) => /git-signet/.test(path) && !/^var\/cache\/man\//.test(path),
  );
  if (left.length > 0) {
    throw new StepError(`${name} of docs/install.md leaves ${left.join(', ')}`, 'correct the page');
  }
  rmSync(scratch, { recursive: true });
  say(`tried: ${name} of docs/install.md: installed, used, installed again, removed, nothing left`);
}
