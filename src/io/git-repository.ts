/**
 * A repository as a reader sees it: its object format, its shallow boundary, and names resolved once to full
 * hashes. Names travel on stdin, one a line, so none is ever an option (threat I01). Replacements, grafts, the
 * commit graph file and lazy fetches are off (G10): what is read is what the hashes say.
 */

import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { resolve } from 'node:path';
import { fromUtf8Lossy, utf8 } from '../core/bytes.ts';
import type { ObjectFormat } from '../core/git/object.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from './config.ts';
import type { GitObjectType } from './object-frames.ts';
import { findExecutable, gitEnvironment, runProcess } from './process.ts';

export interface GitRepository {
  /** Absolute path of the program. */
  readonly git: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly format: ObjectFormat;
  /** Commits whose parents a shallow clone left out; empty in a complete repository. */
  readonly shallow: ReadonlySet<string>;
}

export interface ResolvedObject {
  readonly id: string;
  readonly type: GitObjectType;
}

/** In front of every subcommand. No protocol may be used: a partial clone must not fetch what it is asked to judge. */
export const GIT_READS: readonly string[] = [
  '--no-replace-objects',
  ...['-c', 'core.commitGraph=false', '-c', 'core.fsmonitor=false', '-c', 'protocol.allow=never'],
];

const FULL_HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** True for a full object name in lower case, the only spelling that is taken as it stands. */
export function isFullHash(name: string, format: ObjectFormat): boolean {
  return name.length === (format === 'sha1' ? 40 : 64) && FULL_HASH.test(name);
}

/** The last line git said, or what to say without one. */
export function gitSaid(stderr: Uint8Array, otherwise: string): string {
  return fromUtf8Lossy(stderr).trim().split('\n').at(-1) || otherwise;
}

async function ask(
  repository: Pick<GitRepository, 'git' | 'cwd' | 'env'>,
  args: readonly string[],
  input?: Uint8Array,
): Promise<string> {
  const { git, cwd, env } = repository;
  const options = input === undefined ? { cwd, env } : { cwd, env, input };
  const result = await runProcess(git, [...GIT_READS, ...args], options);
  if (result.exitCode !== 0) {
    const said = gitSaid(result.stderr, `git ${args[0]} ended with ${result.exitCode}`);
    throw new UsageError(`git: ${said.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' });
  }
  return fromUtf8Lossy(result.stdout);
}

/** What git answers to a question, without its last line end. @throws UsageError GIT_FAILED */
export async function gitLine(
  repository: GitRepository,
  args: readonly string[],
  input?: Uint8Array,
): Promise<string> {
  return (await ask(repository, args, input)).replace(/\n$/, '');
}

async function readShallow(path: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path, 'utf8');
  return new Set(text.split('\n').filter((line) => FULL_HASH.test(line)));
}

/**
 * The repository that `cwd` (or GIT_DIR) lies in.
 * @throws UsageError GIT_FAILED where there is no git, or no repository.
 */
export async function openRepository(cwd: string, env: Environment): Promise<GitRepository> {
  const git = findExecutable('git', env);
  if (git === undefined) throw new UsageError('no git on PATH', { code: 'GIT_FAILED' });
  const childEnv = { ...gitEnvironment(env), GIT_GRAFT_FILE: devNull, GIT_ALLOW_PROTOCOL: 'none' };
  const base = { git, cwd, env: childEnv };
  const questions = ['--show-object-format', '--is-shallow-repository', '--git-path', 'shallow'];
  const answer = await ask(base, ['rev-parse', ...questions]);
  const [format, shallow, ...path] = answer.replace(/\n$/, '').split('\n');
  if (format !== 'sha1' && format !== 'sha256') {
    throw new UsageError(`git: object format ${format} is not known`, { code: 'GIT_FAILED' });
  }
  const boundary =
    shallow === 'true' ? await readShallow(resolve(cwd, path.join('\n'))) : new Set<string>();
  return { ...base, format, shallow: boundary };
}

/** Names that were looked up, by repository: within one run a name never comes to mean something else (P13). */
const lookedUp = new WeakMap<GitRepository, Map<string, ResolvedObject | undefined>>();

/**
 * Full hash and type of each name, in order; undefined for what does not exist or is ambiguous.
 * Names are git's own (`HEAD~2`, `v1^{commit}`, …). @throws UsageError for a name that holds a line break or NUL.
 */
export async function resolveNames(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (ResolvedObject | undefined)[]> {
  if (names.length === 0) return [];
  for (const name of names) {
    if (/[\n\r\0]/.test(name) || name === '') {
      throw new UsageError(`not a revision: ${JSON.stringify(name)}`, { code: 'NO_SUCH_OBJECT' });
    }
  }
  const known = lookedUp.get(repository) ?? new Map<string, ResolvedObject | undefined>();
  lookedUp.set(repository, known);
  const wanted = [...new Set(names)].filter((name) => !known.has(name));
  const found = wanted.length === 0 ? [] : await lookUp(repository, wanted);
  const answers = new Map(wanted.map((name, index) => [name, found[index]]));
  for (const [name, object] of answers) if (known.size < MAX_KEPT_NAMES) known.set(name, object);
  return names.map((name) => (answers.has(name) ? answers.get(name) : known.get(name)));
}

/** A run that is fed more names than these looks some up again: each is used once. */
const MAX_KEPT_NAMES = 4096;

async function lookUp(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (ResolvedObject | undefined)[]> {
  const format = '--batch-check=%(objectname) %(objecttype)';
  const answer = await ask(
    repository,
    ['cat-file', '--buffer', format],
    utf8(`${names.join('\n')}\n`),
  );
  const lines = answer.split('\n');
  if (lines.length !== names.length + 1) {
    throw new UsageError('git cat-file answered out of step', { code: 'GIT_FAILED' });
  }
  return names.map((_, index) => {
    const match = /^([0-9a-f]{40,64}) (commit|tag|tree|blob)$/.exec(lines[index] ?? '');
    const [id, type] = [match?.[1], match?.[2]];
    return id === undefined || type === undefined ? undefined : { id, type: type as GitObjectType };
  });
}

/** Places where git looks for a short name, one after the other (gitrevisions(7)). */
function placesOf(short: string): readonly string[] {
  const places = ['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'];
  return [...places.map((place) => `${place}${short}`), `refs/remotes/${short}/HEAD`];
}

/** The hash that a name shortens, by itself or at the end as `git describe` writes it. */
const SHORTENED = /^(?:.+-g)?([0-9a-f]{4,64})$/i;

/** True where a name is also a hash cut short: git takes the ref, and never says so here. */
async function shortensHash(repository: GitRepository, name: string): Promise<boolean> {
  const [, digits] = SHORTENED.exec(name) ?? [];
  if (digits === undefined) return false;
  return (await gitLine(repository, ['rev-parse', `--disambiguate=${digits}`])) !== '';
}

/**
 * Names that decide what is judged, or by what, must mean one thing: a tag called `main` stands before the branch for
 * git, and whoever may push a tag is not whoever may push to the branch (threat P04). Only plain names are looked at.
 * @throws UsageError
 */
export async function refuseAmbiguous(
  repository: GitRepository,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const short = /^[^@^~:{}]+/.exec(name)?.[0] ?? '';
    if (short === '' || isFullHash(short, repository.format)) continue;
    const places = placesOf(short);
    // asked for as refs: as a name, `refs/v1-2-gHASH` would be the commit that `git describe` means
    const listed = await gitLine(repository, ['for-each-ref', '--format=%(refname)', ...places]);
    const refs = new Set(listed.split('\n'));
    const [first, second] = places.filter((place) => refs.has(place));
    if (first === undefined) continue;
    if (second === undefined) {
      if (!(await shortensHash(repository, short))) continue;
      const hint = `write it out: ${first}, or the hash in full`;
      throw new UsageError(`${name}: ${first}, or the object whose hash begins so?`, { hint });
    }
    throw new UsageError(`${name}: ${first} or ${second}?`, { hint: `write it out: ${second}` });
  }
}
