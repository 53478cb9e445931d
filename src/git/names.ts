/**
 * Resolves names. A name with two meanings is refused (threats P04, P18): git prefers a tag `main` over the branch, and
 * the right to push a tag is not the right to push to the branch. A plain name is looked up in all places where git looks,
 * and git is then asked for the full name of the ref. `~`, `^` and tags are followed through hashed objects. Names travel
 * on stdin, one a line, so that none of them can be an option (threat I01).
 */

import { utf8 } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { commitOfTag, readLinks } from './commit-links.ts';
import type { GitObjectType } from './object-frames.ts';
import { partsOf, refsOf } from './refs.ts';
import { type GitRepository, gitLine, isFullHash } from './repository.ts';

/** The object that a name means. */
export interface NamedObject {
  readonly id: string;
  readonly type: GitObjectType;
  /** Full name of the ref, if the name is a ref. Any other name is kept as it was given. Undefined for a full hash. */
  readonly ref: string | undefined;
}

/** Splits `~2`, `^`, `^{commit}`, `^0` and so on into steps. Returns undefined if only git knows the meaning. */
function stepsOf(rest: string): readonly string[] | undefined {
  const steps = rest.match(/~\d*|\^\d+|\^\{(?:commit)?\}|\^(?!\{)/g) ?? [];
  return steps.join('') === rest ? steps : undefined;
}

/** Follows first parents, or takes one parent, through hashed commits. Returns undefined if there is none. */
async function stepFrom(
  repository: GitRepository,
  id: string,
  step: string,
): Promise<string | undefined> {
  const count = step.length === 1 ? 1 : Number(step.slice(1));
  if (step.startsWith('^')) {
    const [links] = await readLinks(repository, [id]);
    return count === 0 ? id : links?.parents[count - 1];
  }
  let at: string | undefined = id;
  for (let i = 0; i < count && at !== undefined; i += 1) {
    const [links]: readonly { readonly parents: readonly string[] }[] = await readLinks(
      repository,
      [at],
    );
    at = links?.parents[0];
  }
  return at;
}

type Found = Pick<NamedObject, 'id' | 'type'>;

async function peeled(repository: GitRepository, { id, type }: Found): Promise<Found | undefined> {
  if (type === 'commit') return { id, type };
  const commit = type === 'tag' ? await commitOfTag(repository, id) : undefined;
  return commit === undefined ? undefined : { id: commit, type: 'commit' };
}

async function follow(
  repository: GitRepository,
  start: Found,
  steps: readonly string[],
): Promise<Found | undefined> {
  let found: Found | undefined = start;
  for (const step of steps) {
    if (step === '^{}' && found.type !== 'tag') continue;
    found = await peeled(repository, found);
    if (found === undefined) return undefined;
    if (step.startsWith('^{')) continue;
    const id = await stepFrom(repository, found.id, step);
    const [frame] = id === undefined ? [] : await repository.objects.read([id]);
    if (id === undefined || frame === undefined || frame.kind === 'missing') return undefined;
    found = { id, type: 'commit' };
  }
  return found;
}

/** Asks git for full hash and type of each name, in order. */
async function lookUp(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (Found | undefined)[]> {
  if (names.length === 0) return [];
  const args = ['cat-file', '--buffer', '--batch-check=%(objectname) %(objecttype)'];
  const lines = (await gitLine(repository, args, utf8(`${names.join('\n')}\n`))).split('\n');
  if (lines.length !== names.length) {
    throw new UsageError('git cat-file answered another request', { code: 'GIT_FAILED' });
  }
  return lines.map((line) => {
    const match = /^([0-9a-f]{40,64}) (commit|tag|tree|blob)$/.exec(line);
    const [id, type] = [match?.[1], match?.[2]];
    return id === undefined || type === undefined ? undefined : { id, type: type as GitObjectType };
  });
}

/** Earlier answers by repository. Within one run a name never changes its meaning (threat P13). */
const lookedUp = new WeakMap<GitRepository, Map<string, Found | undefined>>();
/** Most remembered names. A run with more names uses each of them once, so it may look some up again. */
const MAX_KEPT = 4096;

async function lookUpOnce(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (Found | undefined)[]> {
  const known = lookedUp.get(repository) ?? new Map<string, Found | undefined>();
  lookedUp.set(repository, known);
  const wanted = [...new Set(names)].filter((name) => !known.has(name));
  const found = await lookUp(repository, wanted);
  const answers = new Map(wanted.map((name, index) => [name, found[index]]));
  for (const [name, object] of answers) if (known.size < MAX_KEPT) known.set(name, object);
  return names.map((name) => (answers.has(name) ? answers.get(name) : known.get(name)));
}

async function resolve(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (NamedObject | undefined)[]> {
  const refs = await refsOf(repository, names);
  const asked = names.map((name) => {
    const { short, rest } = partsOf(name);
    const ref = refs.get(short);
    const steps = short === '' ? undefined : stepsOf(rest);
    // for `@{upstream}` git needs the branch's short name
    const as = ref === undefined || rest.startsWith('@') ? name : ref + rest;
    return steps === undefined
      ? { name, ref: name, as, steps: [] }
      : { name, ref: rest === '' ? (ref ?? name) : name, as: ref ?? short, steps };
  });
  const found = await lookUpOnce(
    repository,
    asked.map(({ as }) => as),
  );
  const results: (NamedObject | undefined)[] = [];
  for (const [index, { name, ref, steps }] of asked.entries()) {
    const start = found[index];
    const object = start && (await follow(repository, start, steps));
    const hash = isFullHash(name, repository.format);
    results.push(object && { ...object, ref: hash ? undefined : ref });
  }
  return results;
}

/**
 * Resolves names, in order. The result is undefined for a name that does not exist, or that shortens several hashes. The
 * syntax is git's own (`topic`, `HEAD~2`, `v1^{commit}`, …). A full hash is taken as it is.
 * @throws UsageError AMBIGUOUS_NAME for a plain name with two meanings, NO_SUCH_OBJECT for a name with a line break or
 * NUL, OBJECT_CORRUPT
 */
export async function resolveNames(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (NamedObject | undefined)[]> {
  for (const name of names) {
    if (/[\n\r\0]/.test(name) || name === '') {
      throw new UsageError(`${JSON.stringify(name)} is not a revision`, { code: 'NO_SUCH_OBJECT' });
    }
  }
  return names.length === 0 ? [] : resolve(repository, names);
}

/** Resolves names to commits, through tags. The result is undefined for a name that leads to none. @throws as resolveNames */
export async function resolveCommits(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (NamedObject | undefined)[]> {
  const found = await resolveNames(repository, names);
  const commits: (NamedObject | undefined)[] = [];
  for (const object of found) {
    const commit = object && (await peeled(repository, object));
    commits.push(commit && { ...commit, ref: object.ref });
  }
  return commits;
}
