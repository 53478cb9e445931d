/**
 * The one door for names: each means one thing, or is refused (threats P04, P18). A tag called `main` stands before the
 * branch for git, and whoever may push a tag is not whoever may push to the branch. A plain name is looked for where git
 * looks, and is asked for by the full name of the ref that was found. `~`, `^` and tags are followed through hashed
 * objects. Names travel on stdin, one a line, so none is ever an option (threat I01).
 */

import { utf8 } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { commitOfTag, readLinks } from './commit-links.ts';
import type { GitObjectType } from './object-frames.ts';
import { partsOf, refsOf } from './refs.ts';
import { type GitRepository, gitLine, isFullHash } from './repository.ts';

/** What a name means. */
export interface NamedObject {
  readonly id: string;
  readonly type: GitObjectType;
  /** Full name of the ref, where the name is that of a ref; any other name as it was given. Undefined for a full hash. */
  readonly ref: string | undefined;
}

/** `~2`, `^`, `^{commit}`, `^0` … one after the other; undefined where only git knows what is meant. */
function stepsOf(rest: string): readonly string[] | undefined {
  const steps = rest.match(/~\d*|\^\d+|\^\{(?:commit)?\}|\^(?!\{)/g) ?? [];
  return steps.join('') === rest ? steps : undefined;
}

/** Follows first parents, or takes one parent, in commits that are hashed; undefined where there is none. */
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

/** Full hash and type of what git finds under each name, in order. */
async function lookUp(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (Found | undefined)[]> {
  if (names.length === 0) return [];
  const args = ['cat-file', '--buffer', '--batch-check=%(objectname) %(objecttype)'];
  const lines = (await gitLine(repository, args, utf8(`${names.join('\n')}\n`))).split('\n');
  if (lines.length !== names.length) {
    throw new UsageError('git cat-file answered out of step', { code: 'GIT_FAILED' });
  }
  return lines.map((line) => {
    const match = /^([0-9a-f]{40,64}) (commit|tag|tree|blob)$/.exec(line);
    const [id, type] = [match?.[1], match?.[2]];
    return id === undefined || type === undefined ? undefined : { id, type: type as GitObjectType };
  });
}

/** Names that were looked up, by repository: within one run a name never comes to mean something else (P13). */
const lookedUp = new WeakMap<GitRepository, Map<string, Found | undefined>>();
/** A run that is fed more names than these looks some up again: each is used once. */
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
    // with `@{upstream}` git wants the branch's short name
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
 * What each name means, in order; undefined for what does not exist, or shortens several hashes. Names are git's own
 * (`topic`, `HEAD~2`, `v1^{commit}`, …); a full hash is taken as it stands.
 * @throws UsageError AMBIGUOUS_NAME for a plain name that means two things, NO_SUCH_OBJECT for one that holds a line
 * break or NUL, OBJECT_CORRUPT
 */
export async function resolveNames(
  repository: GitRepository,
  names: readonly string[],
): Promise<readonly (NamedObject | undefined)[]> {
  for (const name of names) {
    if (/[\n\r\0]/.test(name) || name === '') {
      throw new UsageError(`not a revision: ${JSON.stringify(name)}`, { code: 'NO_SUCH_OBJECT' });
    }
  }
  return names.length === 0 ? [] : resolve(repository, names);
}

/** The commit that each name leads to, through tags; undefined where it leads to none. @throws as resolveNames */
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
