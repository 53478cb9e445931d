/** What must hold before a release is made. Pure: texts in, texts out. */

import { StepError } from './step.ts';

export interface Request {
  readonly version: string;
  readonly dryRun: boolean;
}

/** Semantic version 2.0.0 without build metadata, which no package manager keeps. */
const VERSION =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-z-][\da-z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-z-][\da-z-]*))*)?$/i;
const USAGE = 'scripts/release VERSION [--dry-run], for example: scripts/release 0.2.0 --dry-run';

/** Reads the arguments. @throws StepError that shows how it is called */
export function readArguments(args: readonly string[]): Request {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const [version, ...more] = args.filter((arg) => !arg.startsWith('-'));
  const unknown = flags.find((flag) => flag !== '--dry-run') ?? more[0];
  if (unknown !== undefined) throw new StepError(`what is ${unknown}?`, USAGE);
  if (version === undefined) throw new StepError('which version?', USAGE);
  if (!VERSION.test(version)) {
    const without = version.replace(/^v/, '');
    const remedy = VERSION.test(without) ? `scripts/release ${without}` : USAGE;
    throw new StepError(`${version} is no semantic version`, remedy);
  }
  return { version, dryRun: flags.length > 0 };
}

/** @throws StepError where `git status --porcelain` names a file */
export function checkClean(status: string): void {
  const changed = status.split('\n').filter((line) => line !== '');
  if (changed.length === 0) return;
  const [first = ''] = changed;
  throw new StepError(
    `the tree has changes that no commit holds: ${first.slice(3)}${changed.length === 1 ? '' : ` and ${changed.length - 1} more`}`,
    'commit them, or put them aside: git stash --include-untracked',
  );
}

/** The files that name the version, by their path. */
export type VersionFiles = Readonly<
  Record<'package.json' | 'package-lock.json' | 'CHANGELOG.md', string>
>;

const UNRELEASED = '## Unreleased';
const headingOf = (version: string): RegExp =>
  new RegExp(`^## ${version.replaceAll('.', '\\.')}(?![\\w.-])`, 'm');

/** @throws StepError for the first file that does not name the version */
export function checkNamed(files: VersionFiles, version: string): void {
  const named = (JSON.parse(files['package.json']) as { version?: string }).version;
  if (named !== version) {
    throw new StepError(
      `package.json is at version ${named}`,
      `npm version --no-git-tag-version ${version}, then commit`,
    );
  }
  const locked = JSON.parse(files['package-lock.json']) as { version?: string };
  if (locked.version !== version) {
    throw new StepError(
      `package-lock.json is at version ${locked.version}`,
      'npm install --package-lock-only, then commit',
    );
  }
  if (!headingOf(version).test(files['CHANGELOG.md'])) {
    throw new StepError(
      `CHANGELOG.md has no section ${version}`,
      `write "## ${version}" in place of "${UNRELEASED}", then commit`,
    );
  }
}

/** Returns the files with the version set, for a dry run. @throws StepError where the changelog has nothing to name */
export function withVersion(files: VersionFiles, version: string): VersionFiles {
  const set = (text: string, pattern: RegExp): string =>
    text.replace(pattern, (_, before: string) => `${before}"${version}"`);
  const changelog = files['CHANGELOG.md'];
  if (!headingOf(version).test(changelog) && !changelog.includes(UNRELEASED)) {
    throw new StepError(
      `CHANGELOG.md has neither a section ${version} nor "${UNRELEASED}"`,
      'say there what is new, then commit',
    );
  }
  return {
    'package.json': set(files['package.json'], /^( {2}"version": )"[^"]*"/m),
    // its own version, and that of the root package
    'package-lock.json': set(
      set(files['package-lock.json'], /^( {2}"version": )"[^"]*"/m),
      /^( {6}"version": )"[^"]*"/m,
    ),
    'CHANGELOG.md': headingOf(version).test(changelog)
      ? changelog
      : changelog.replace(UNRELEASED, `## ${version}`),
  };
}

/**
 * Returns the address of a repository as a browser takes it, without `.git`, for a remote's address in any of git's forms.
 * Undefined for a path, and for a host that is no host of a network (git's "GIT URLS").
 */
export function browserAddress(remote: string): string | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([\w.-]+)(?::\d+)?\/(.+)$/.exec(remote) ??
    /^(?:[^@/:]*@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote) ??
    [];
  if (host === undefined || path === undefined) return undefined;
  const clean = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  return clean === '' ? undefined : `https://${host}/${clean}`;
}
