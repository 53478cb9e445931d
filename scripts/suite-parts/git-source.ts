/**
 * git's own tests need git's source. Debian's source package brings it; it is built once into the cache, where it stays.
 * apt works on a configuration of its own there, so nothing of this machine's is changed.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from '../../src/system/process.ts';
import { cached, say, tool } from './cache.ts';
import { Unavailable } from './outcome.ts';

/** Versions that the rules and the list were made with. */
const KNOWN = /^2\.(?:55|53|47)\.\d+$/;
/** Debian's releases that have them, in the order of preference. */
const RELEASES = ['sid', 'forky', 'trixie'];
const BUILT = '.git-signet-built';
/** What signatures need nothing of is left out. */
const LESS = ['CURL', 'EXPAT', 'TCLTK', 'GETTEXT', 'PYTHON', 'OPENSSL'].map((no) => `NO_${no}=1`);

const order = (version: string): number => Number(version.split('.')[1] ?? 0);

/** Builds that are complete, newest first. */
function builds(): readonly string[] {
  const base = cached('');
  const names = existsSync(base) ? readdirSync(base) : [];
  return names
    .map((name) => name.replace(/^git-/, ''))
    .filter((version) => KNOWN.test(version) && existsSync(join(cached(`git-${version}`), BUILT)))
    .sort((a, b) => order(b) - order(a));
}

/** Base address of the archive that this machine's own packages come from. @throws Unavailable */
function archive(): string {
  const release = '/etc/os-release';
  if (!existsSync(release) || !/^ID=debian$/m.test(readFileSync(release, 'utf8')))
    throw new Unavailable('this is no Debian, whose source package has the suite');
  const format = ['--no-release-info', '--format', '$(REPO_URI)', 'Created-By: Packages'];
  const [address] = tool('apt-get', ['indextargets', ...format])
    .split('\n')
    .filter((line) => line !== '' && !/security|volatile|backports/.test(line));
  if (address === undefined) throw new Unavailable('apt knows no archive of Debian here');
  return address;
}

/** `apt-get` with a configuration and lists of its own in `directory`. */
function openApt(directory: string): (...args: string[]) => string {
  for (const part of ['lists/partial', 'archives/partial', 'parts'])
    mkdirSync(join(directory, part), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const source = [
    'Types: deb-src',
    `URIs: ${archive()}`,
    `Suites: ${RELEASES.join(' ')}`,
    'Components: main',
    ...(existsSync(keys) ? [`Signed-By: ${keys}`] : []),
  ];
  writeFileSync(join(directory, 'parts/debian.sources'), `${source.join('\n')}\n`);
  const settings = [
    `Dir::State::lists "${directory}/lists";`,
    `Dir::Cache::archives "${directory}/archives";`,
    'Dir::Cache::srcpkgcache "";',
    'Dir::Cache::pkgcache "";',
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${directory}/parts";`,
    // it would not be let in here
    'APT::Sandbox::User "root";',
  ];
  writeFileSync(join(directory, 'apt.conf'), `${settings.join('\n')}\n`);
  const env = { APT_CONFIG: join(directory, 'apt.conf') };
  return (...args) => {
    const [program = '', ...rest] = args;
    return tool(program, rest, { cwd: directory, env });
  };
}

/** The package's version that is asked for, by git's own. @throws Unavailable */
function chooseVersion(madison: string): { readonly debian: string; readonly version: string } {
  const offered = madison
    .split('\n')
    .map((line) => line.split('|')[1]?.trim() ?? '')
    .map((debian) => ({ debian, version: debian.replace(/^\d+:/, '').replace(/-[^-]*$/, '') }));
  const known = offered.filter(({ version }) => KNOWN.test(version));
  const [best] = known.sort((a, b) => order(b.version) - order(a.version));
  if (best === undefined) {
    const versions = offered.map(({ version }) => version).join(', ');
    throw new Unavailable(`Debian offers no git that this was tried with (it offers: ${versions})`);
  }
  return best;
}

function build(directory: string): void {
  const jobs = '-j2';
  const flags = ['CFLAGS=-O1 -w', 'INSTALL_SYMLINKS=1', ...LESS];
  tool('nice', ['-n', '10', 'make', jobs, ...flags, 'all'], { cwd: directory, minutes: 20 });
  writeFileSync(join(directory, BUILT), '');
}

/** A directory with git's source, built; `version` as git counts. @throws Unavailable */
export function gitSource(): { readonly directory: string; readonly version: string } {
  const [version] = builds();
  if (version !== undefined) return { version, directory: cached(`git-${version}`) };
  const needed = ['apt-get', 'dpkg-source', 'make', 'gcc', 'perl'];
  const absent = needed.filter((name) => findExecutable(name, process.env) === undefined);
  if (!existsSync('/usr/include/zlib.h')) absent.push('zlib.h');
  if (absent.length > 0) throw new Unavailable(`git's suite needs ${absent.join(', ')}`);
  const apt = openApt(cached('apt'));
  say("reading Debian's list of source packages ...");
  apt('apt-get', '-q', 'update');
  const chosen = chooseVersion(apt('apt-cache', 'madison', 'git'));
  const directory = cached(`git-${chosen.version}`);
  say(`building git ${chosen.version} in ${directory} (once; some minutes) ...`);
  const since = Date.now();
  apt('apt-get', '-q', 'source', '--download-only', `git=${chosen.debian}`);
  rmSync(directory, { recursive: true, force: true });
  const description = `git_${chosen.debian.replace(/^\d+:/, '')}.dsc`;
  // nothing is left beside it
  apt('dpkg-source', '--no-check', '--no-copy', '-x', description, directory);
  build(directory);
  rmSync(cached('apt'), { recursive: true });
  say(`built git ${chosen.version} in ${Math.round((Date.now() - since) / 1000)} s`);
  return { version: chosen.version, directory };
}
