/**
 * Installs this machine's packages into an empty root, uses what they installed, removes them, and looks for what is left.
 * What a machine lacks for that is said, not passed over.
 */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { command, ended, onPath, say } from './command.ts';
import { filesBelow, OLDEST_GLIBC, packagedFiles, packageName, packageVersion } from './deb-rpm.ts';
import type { PackageKind } from './package-files.ts';
import { type Release, StepError } from './step.ts';
import { TARGETS, type Target } from './targets.ts';

interface Manager {
  readonly program: string;
  /** Makes the manager's own files in an empty root. */
  readonly prepare: (root: string) => void;
  readonly install: (root: string, file: string) => readonly string[];
  readonly remove: (root: string) => readonly string[];
  /** What the manager keeps for itself, as paths below the root. */
  readonly own: RegExp;
}

const MANAGERS: Readonly<Record<PackageKind, Manager>> = {
  deb: {
    program: 'dpkg',
    prepare: (root) => {
      for (const folder of ['info', 'updates']) {
        mkdirSync(join(root, 'var/lib/dpkg', folder), { recursive: true });
      }
      writeFileSync(join(root, 'var/lib/dpkg/status'), '');
    },
    // the root holds nothing that a package could depend on
    install: (root, file) => [`--root=${root}`, '--force-depends', '--install', file],
    remove: (root) => [`--root=${root}`, '--purge', 'git-signet'],
    own: /^var\/lib\/dpkg\//,
  },
  rpm: {
    program: 'rpm',
    prepare: () => undefined,
    install: (root, file) => ['--root', root, '--nodeps', '--nosignature', '--install', file],
    remove: (root) => ['--root', root, '--erase', 'git-signet'],
    own: /^(?:var\/lib|root\/\.|usr\/lib\/sysimage\/)\/?rpm/,
  },
};

/** Tries the packages of this machine's architecture. Makes no file. @throws StepError for the first thing that is not so */
export async function tryPackages(release: Release): Promise<readonly string[]> {
  const here = TARGETS.find(
    ({ os, cpu, deb }) => os === process.platform && cpu === process.arch && deb !== undefined,
  );
  for (const target of TARGETS) {
    checkGlibc(release, target);
    checkHeaders(release, target);
  }
  for (const kind of ['deb', 'rpm'] as const) {
    const { program } = MANAGERS[kind];
    if (here === undefined || !onPath(program) || process.getuid?.() !== 0) {
      say(`not tried: installing the .${kind} (needs Linux, ${program} and root)`);
    } else {
      tryPackage(kind, release, here);
    }
  }
  return [];
}

/** The dependency that packages state is the one that the executable has. @throws StepError */
function checkGlibc(release: Release, target: Target): void {
  if (target.deb === undefined) return;
  const [file] = packagedFiles('deb', release, target).filter(({ executable }) => executable);
  const text = readFileSync(file?.path ?? '').toString('latin1');
  const minors = [...text.matchAll(/GLIBC_2\.(\d+)\0/g)].map((match) => Number(match[1]));
  const newest = `2.${Math.max(...minors)}`;
  if (newest === OLDEST_GLIBC) return;
  throw new StepError(
    `the executable for ${target.name} needs glibc ${newest}, and its packages say ${OLDEST_GLIBC}`,
    'correct OLDEST_GLIBC in scripts/packaging/deb-rpm.ts',
  );
}

/** The first bytes of each format (deb(5); the lead of RPM's file format). */
const MAGIC = { deb: '213c617263683e0a', rpm: 'edabeedb' } as const;

/** How each manager is asked what a file is. */
const QUERY: Readonly<Record<PackageKind, readonly string[]>> = {
  deb: ['dpkg-deb', '--showformat', `$\{Package} $\{Version} $\{Architecture}`, '--show'],
  rpm: ['rpm', '--nosignature', '--queryformat', '%{NAME} %{VERSION} %{ARCH}', '--query', '-p'],
};

/** Each package is what its name says, also where it cannot be installed here. @throws StepError */
function checkHeaders(release: Release, target: Target): void {
  for (const kind of ['deb', 'rpm'] as const) {
    const name = packageName(kind, release.version, target);
    if (name === undefined) continue;
    const file = join(release.out, name);
    const magic = readFileSync(file).subarray(0, 8).toString('hex');
    const [program = '', ...query] = QUERY[kind];
    const wanted = `git-signet ${packageVersion(release.version)} ${target[kind]}`;
    const found = onPath(program) ? command(program, [...query, file]).trim() : wanted;
    if (magic.startsWith(MAGIC[kind]) && found === wanted) continue;
    throw new StepError(`${name} says that it is ${found}`, 'look at scripts/packaging/deb-rpm.ts');
  }
}

function tryPackage(kind: PackageKind, release: Release, target: Target): void {
  const { program, prepare, install, remove, own } = MANAGERS[kind];
  const name = packageName(kind, release.version, target) ?? '';
  const scratch = mkdtempSync(join(release.work, `try-${kind}-`));
  const root = join(scratch, 'root');
  const left = (): readonly string[] => filesBelow(root).filter((path) => !own.test(path));
  mkdirSync(root);
  prepare(root);
  command(program, install(root, join(release.out, name)));
  sameFiles(
    name,
    packagedFiles(kind, release, target).map(({ installed }) => installed.slice(1)),
    left(),
  );
  const env = installedEnvironment(scratch, root);
  signs(root, env);
  const pages = readManPages(root, env);
  const shells = autoloads(kind, root, env);
  command(program, remove(root));
  sameFiles(`${name}, removed`, [], left());
  for (const folder of ['doc', 'licenses']) {
    if (existsSync(join(root, 'usr/share', folder, 'git-signet'))) {
      throw new StepError(
        `${name} leaves usr/share/${folder}/git-signet`,
        'list that folder in deb-rpm.ts',
      );
    }
  }
  rmSync(scratch, { recursive: true });
  say(
    `tried: ${name}: installed, signed and verified a commit, ${pages} man pages read, completion by ${shells}, removed, nothing left`,
  );
}

/** @throws StepError that names the first path that only one of the two has */
function sameFiles(what: string, wanted: readonly string[], found: readonly string[]): void {
  const differs = [...wanted, ...found].find(
    (path) => !(wanted.includes(path) && found.includes(path)),
  );
  if (differs === undefined) return;
  const how = wanted.includes(differs) ? 'is missing' : 'should not be there';
  throw new StepError(`${what}: ${differs} ${how}`, 'look at scripts/packaging/package-files.ts');
}

/** A new user's environment on a machine where the package is installed. */
function installedEnvironment(scratch: string, root: string): Readonly<Record<string, string>> {
  const home = join(scratch, 'home');
  mkdirSync(home);
  return {
    HOME: home,
    PATH: [join(root, 'usr/bin'), process.env['PATH'] ?? ''].join(delimiter),
    XDG_DATA_DIRS: [join(root, 'usr/share'), '/usr/share'].join(delimiter),
    LC_ALL: 'C',
  };
}

const STORY = `set -e
git init -q story && cd story
git commit -q -S --allow-empty -m "from a package"
git verify-commit HEAD
git tag -s -m "from a package" v1
git verify-tag v1`;

/** git signs and verifies with the installed executable, in a sandbox of its own. */
function signs(root: string, env: Readonly<Record<string, string>>): void {
  const program = join(root, 'usr/bin/git-signet');
  command(program, ['sandbox', 'run', '--', 'sh', '-c', STORY], { cwd: env['HOME'] ?? '', env });
}

/** Every page can be formatted, and says the name that it is asked for by. Returns how many were read. */
function readManPages(root: string, env: Readonly<Record<string, string>>): number {
  const manual = join(root, 'usr/share/man');
  if (!onPath('man') || !existsSync(manual)) {
    say(`not tried: man pages (${onPath('man') ? 'the build made none' : 'no man'})`);
    return 0;
  }
  const pages = filesBelow(manual);
  for (const path of pages) {
    const [, section = '', name = ''] = /^man(\d)\/(.+)\.\d\.gz$/.exec(path) ?? [];
    const page = command('man', ['-M', manual, section, name], { env: { ...env, MANWIDTH: '80' } });
    if (page.includes(name)) continue;
    throw new StepError(`man ${section} ${name} prints no page of that name`, `look at ${path}`);
  }
  return pages.length;
}

interface Shell {
  readonly program: string;
  /** Files that must be there for the shell to load completions at all. */
  readonly needs?: string;
  readonly script: (kind: PackageKind, root: string) => readonly string[];
  readonly says: RegExp;
}

const ZSH_FOLDER = { deb: 'vendor-completions', rpm: 'site-functions' } as const;
const BASH_COMPLETION = '/usr/share/bash-completion/bash_completion';

/** How each shell, just started, is asked whether it finds the completion by itself. */
const SHELLS: readonly Shell[] = [
  {
    program: 'bash',
    needs: BASH_COMPLETION,
    script: () => [
      '--norc',
      '-c',
      `. ${BASH_COMPLETION}; _completion_loader git-signet; complete -p git-signet`,
    ],
    says: /complete .*git-signet/,
  },
  {
    program: 'zsh',
    script: (kind, root) => [
      ...['-f', '-c'],
      `fpath=(${root}/usr/share/zsh/${ZSH_FOLDER[kind]} $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[git-signet]`,
    ],
    says: /^_git-signet$/m,
  },
  {
    program: 'fish',
    script: () => ['-c', 'complete --do-complete "git-signet verify --"'],
    says: /^--policy-from/m,
  },
];

/** Names of the shells that load the completion by themselves. @throws StepError where one that is here does not */
function autoloads(kind: PackageKind, root: string, env: Readonly<Record<string, string>>): string {
  const tried = SHELLS.filter(({ program, needs }) => {
    const here = onPath(program) && (needs === undefined || existsSync(needs));
    if (!here) say(`not tried: completion in ${program} (${needs ?? program} is not here)`);
    return here;
  });
  for (const { program, script, says } of tried) {
    const { out, err } = ended(program, script(kind, root), { env });
    if (says.test(out)) continue;
    throw new StepError(
      `${program} does not load the completion of the .${kind} by itself: ${err.trim() || out.trim() || 'no answer'}`,
      'look at scripts/packaging/package-files.ts',
    );
  }
  return tried.map(({ program }) => program).join(', ') || 'no shell';
}
