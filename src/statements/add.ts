/**
 * Adds statements to the refs of a repository. Each try reads the ref, writes a commit on top of it and moves the ref from
 * the value that was read. If another writer was faster, the next try begins with its value, so no statement is lost. What
 * a fetch brought is joined, so that the next push is a fast-forward.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { visible } from '../core/escape.ts';
import type { DatedPerson } from '../core/git/person.ts';
import { MAX_BUNDLE } from '../core/statement/bundle.ts';
import type { StatementSubject, SubjectType } from '../core/statement/statement.ts';
import { UsageError } from '../errors.ts';
import { unionOfTrees, withFile } from '../git/edit-tree.ts';
import { type GitRepository, gitLine } from '../git/repository.ts';
import { committerAt, moveRef, writeCommit, writeObject } from '../git/write.ts';
import { loadCrypto } from '../system/crypto-port.ts';
import type { Environment } from '../system/environment.ts';
import { withNote } from './notes.ts';
import { bundleName, isFetchedFrom, NOTES, PATTERNS, REFS } from './places.ts';
import { type StatementRef, statementRefs } from './refs.ts';

/** A signed statement that is to be kept. */
export interface NewStatement {
  readonly subjects: readonly Pick<StatementSubject, 'type' | 'id'>[];
  readonly predicateType: string;
  /** A Sigstore bundle in one line. */
  readonly bundle: Uint8Array;
}

/** How statements are kept. */
export interface KeepOptions {
  /** Also in git notes. */
  readonly notes: boolean;
  /** Variables in which git finds the committer. */
  readonly env: Environment;
  /** Unix seconds. */
  readonly now: number;
}

/** Most tries. With twenty writers at once, each of them needs twenty at most. */
const MAX_TRIES = 40;
/** Milliseconds. The pause before a try is chosen by chance, and its limit doubles from the first to the last of these. */
const FIRST_PAUSE = 20;
const LAST_PAUSE = 500;

/** A ref as a try found it. */
interface Found {
  readonly local: StatementRef | undefined;
  readonly fetched: readonly StatementRef[];
}

/** One change of one ref. */
interface Change {
  readonly ref: string;
  readonly message: string;
  /** Makes the new tree. `tree` is undefined if there is none yet. */
  readonly edit: (tree: string | undefined) => Promise<string | undefined>;
}

async function findRef(repository: GitRepository, ref: string): Promise<Found> {
  const patterns = ref === NOTES ? [NOTES] : PATTERNS;
  const { refs, problems } = await statementRefs(repository, patterns);
  const broken = problems.find(({ place }) => place === ref);
  if (broken !== undefined) {
    throw new UsageError(`${ref}: ${broken.what}`, {
      code: 'GIT_FAILED',
      hint: `remove it, or give it another name: git update-ref -d ${ref}`,
    });
  }
  return {
    local: refs.find((each) => each.ref === ref),
    fetched: refs.filter((each) => isFetchedFrom(each.ref, ref)),
  };
}

/** Checks that the refs for such statements can be read. A login for a statement that cannot be kept would be wasted. @throws UsageError GIT_FAILED */
export async function checkRefs(
  repository: GitRepository,
  types: readonly SubjectType[],
  notes: boolean,
): Promise<void> {
  for (const type of types) await findRef(repository, REFS[type]);
  if (notes) await findRef(repository, NOTES);
}

/** Returns the commits that no other of them reaches. git's word is enough, because their trees are joined in any case. */
async function independent(
  repository: GitRepository,
  tips: readonly string[],
): Promise<readonly string[]> {
  const different = [...new Set(tips)];
  if (different.length < 2) return different;
  const answer = await gitLine(repository, ['merge-base', '--independent', ...different]);
  const ends = new Set(answer.split('\n'));
  return different.filter((tip) => ends.has(tip));
}

/** Tries once. Returns true if the ref is as it should be. */
async function tryOnce(
  repository: GitRepository,
  { ref, message, edit }: Change,
  person: DatedPerson,
): Promise<boolean> {
  const { local, fetched } = await findRef(repository, ref);
  const known = local === undefined ? fetched : [local, ...fetched];
  const parents = await independent(
    repository,
    known.map(({ tip }) => tip),
  );
  const trees = known.map(({ tree }) => tree);
  const base = trees.length === 0 ? undefined : await unionOfTrees(repository, trees);
  const tree = await edit(base);
  if (tree === undefined) return true;
  const [parent, ...others] = parents;
  const unchanged = tree === local?.tree && parent === local.tip;
  if (unchanged && others.length === 0) return true;
  const only = known.find(({ tip }) => tip === parent);
  const to =
    others.length === 0 && only?.tree === tree
      ? only.tip
      : await writeCommit(repository, { tree, parents, person, message });
  const [subject = ''] = message.split('\n');
  const said = await moveRef(repository, { ref, from: local?.tip, to, message: subject });
  if (said === undefined) return true;
  const moved = (await findRef(repository, ref)).local?.tip !== local?.tip;
  if (moved || said.includes('.lock')) return false;
  const [line = ''] = said.split('\n');
  throw new UsageError(`git: ${line.replace(/^fatal: /, '')}`, { code: 'GIT_FAILED' });
}

async function change(
  repository: GitRepository,
  asked: Change,
  person: DatedPerson,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    if (await tryOnce(repository, asked, person)) return;
    await wait(Math.random() * Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** tries));
  }
  throw new UsageError(`${asked.ref}: other processes kept changing it, or locked it`, {
    code: 'GIT_FAILED',
    hint: `if no other process is at work, remove the file ${asked.ref}.lock in the git directory`,
  });
}

const TYPES: readonly SubjectType[] = ['commit', 'tag', 'tree'];

/** Says what a commit on such a ref adds. */
function messageOf(statements: readonly NewStatement[]): string {
  const [first] = statements;
  const [subject] = first?.subjects ?? [];
  const title =
    statements.length === 1
      ? `Attest ${subject?.type} ${subject?.id.slice(0, 12)}`
      : `Attest ${statements.length} times`;
  const types = new Set(statements.map(({ predicateType }) => visible(predicateType)));
  return `${title}\n\n${[...types].join('\n')}`;
}

/**
 * Keeps statements under each of their subjects. Returns the refs that hold them.
 * @throws UsageError GIT_FAILED
 */
export async function addStatements(
  repository: GitRepository,
  statements: readonly NewStatement[],
  { notes, env, now }: KeepOptions,
): Promise<readonly string[]> {
  const crypto = await loadCrypto();
  if (statements.some(({ bundle }) => bundle.length > MAX_BUNDLE || bundle.includes(0x0a))) {
    throw new UsageError(`a bundle must be one line of at most ${MAX_BUNDLE} bytes`);
  }
  const person = await committerAt(repository, env, now);
  const message = messageOf(statements);
  const placed = statements.flatMap(({ subjects, bundle }) =>
    subjects.map(({ type, id }) => ({ type, id, bundle })),
  );
  const refs: string[] = [];
  for (const type of TYPES) {
    const own = placed.filter((each) => each.type === type);
    if (own.length === 0) continue;
    const files: { readonly path: readonly string[]; readonly blob: string }[] = [];
    for (const { id, bundle } of own) {
      const blob = await writeObject(repository, 'blob', bundle);
      files.push({ path: [id, bundleName(bundle, crypto)], blob });
    }
    const edit = async (base: string | undefined): Promise<string | undefined> => {
      let tree = base;
      for (const { path, blob } of files) tree = await withFile(repository, tree, path, blob);
      return tree;
    };
    await change(repository, { ref: REFS[type], message, edit }, person);
    refs.push(REFS[type]);
  }
  if (!notes) return refs;
  const edit = async (base: string | undefined): Promise<string | undefined> => {
    let tree = base;
    for (const { id, bundle } of placed) tree = await withNote(repository, tree, id, bundle);
    return tree;
  };
  await change(repository, { ref: NOTES, message, edit }, person);
  return [...refs, NOTES];
}

/** Joins what a fetch brought with what is here. Returns the refs that may be pushed now. @throws UsageError GIT_FAILED */
export async function joinFetched(
  repository: GitRepository,
  { env, now }: Omit<KeepOptions, 'notes'>,
): Promise<readonly string[]> {
  const person = await committerAt(repository, env, now);
  const joined: string[] = [];
  for (const ref of Object.values(REFS)) {
    const { fetched } = await findRef(repository, ref);
    if (fetched.length === 0) continue;
    const edit = async (tree: string | undefined): Promise<string | undefined> => tree;
    await change(repository, { ref, message: 'Join fetched attestations', edit }, person);
    joined.push(ref);
  }
  return joined;
}
