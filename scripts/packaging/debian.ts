/** Debian packages that a try needs, unpacked into a folder. Nothing is installed on the machine. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';

/** Files that tries keep from one release to the next. */
export const triesCache = (): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'git-signet', 'tries');

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Another Debian than the machine's own. */
export interface OtherDebian {
  readonly suite: string;
  readonly architecture: 'amd64' | 'arm64';
}

/** The options that make apt read another Debian alone, from the machine's own mirror and with lists of its own. */
function otherOptions({ suite, architecture }: OtherDebian): readonly string[] {
  const state = join(triesCache(), `apt-${suite}-${architecture}`);
  const sources = join(state, 'sources.list');
  const settings = {
    'Dir::State::lists': join(state, 'lists'),
    'Dir::Cache': join(state, 'cache'),
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  if (existsSync(sources)) return options;
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(state, folder), { recursive: true });
  }
  const targets = ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'];
  const [mirror] = command('apt-get', [...targets, 'Label: Debian']).split('\n');
  if (!mirror) throw new Error('apt knows no mirror of Debian');
  writeFileSync(sources, `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`);
  try {
    command('apt-get', [...options, 'update']);
  } catch (error) {
    rmSync(sources);
    throw error;
  }
  return options;
}

/**
 * Returns a folder with the unpacked package, fetched once, of the machine's own Debian or of another.
 *
 * @throws Error where apt cannot give it
 */
export function debianPackage(name: string, other?: OtherDebian): string {
  const kind = other === undefined ? '' : `-${other.suite}-${other.architecture}`;
  const folder = join(triesCache(), `${name}${kind}`);
  if (existsSync(folder)) return folder;
  const scratch = join(triesCache(), `.${name}${kind}.${process.pid}`);
  mkdirSync(join(scratch, 'unpacked'), { recursive: true });
  const options = other === undefined ? [] : otherOptions(other);
  // apt gives up its rights for a download, and then may not write here
  const root = ['-o', 'APT::Sandbox::User=root'];
  command('apt-get', [...root, ...options, 'download', name], { cwd: scratch, minutes: 10 });
  const [file] = readdirSync(scratch).filter((each) => each.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt downloaded no ${name}`);
  command('dpkg', ['-x', join(scratch, file), join(scratch, 'unpacked')]);
  renameSync(join(scratch, 'unpacked'), folder);
  rmSync(scratch, { recursive: true });
  return folder;
}
