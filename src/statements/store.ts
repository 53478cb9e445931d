/** The statements of a repository: who keeps them where, and how they are found again. */

import { treeEntries } from '../core/git/tree-entries.ts';
import type { SubjectType } from '../core/statement/statement.ts';
import type { GitRepository } from '../git/repository.ts';
import {
  addStatements,
  checkRefs,
  joinFetched,
  type KeepOptions,
  type NewStatement,
} from './add.ts';
import { isNotes, PATTERNS } from './places.ts';
import { type FoundStatements, statementsAbout } from './read.ts';
import { type PushedRef, type StatementRefs, statementRefs } from './refs.ts';

/** Statements in refs and notes. The refs are read once, so that a ref that moves cannot change a run (threat P13). */
export interface StatementStore {
  /** Returns the statements that are kept under this full hash. Nothing about them is proved yet. */
  readonly about: (id: string) => Promise<FoundStatements>;
  /** Checks that statements about such objects could be kept. @throws UsageError GIT_FAILED */
  readonly ready: (types: readonly SubjectType[], notes: boolean) => Promise<void>;
  /** Keeps statements. Returns the refs that hold them. A later `about` finds them too. */
  readonly add: (
    statements: readonly NewStatement[],
    options: KeepOptions,
  ) => Promise<readonly string[]>;
  /** Joins fetched statements with our own. Returns the refs that may be pushed now. */
  readonly join: (options: Omit<KeepOptions, 'notes'>) => Promise<readonly string[]>;
  /** Returns the full hashes under which a ref keeps statements. Notes are not listed. */
  readonly subjects: () => Promise<ReadonlySet<string>>;
}

/** Opens the statements of a repository, and of refs that a push would move. Nothing is read before the first question. */
export function openStatements(
  repository: GitRepository,
  pushed: readonly PushedRef[] = [],
): StatementStore {
  let listed: Promise<StatementRefs> | undefined;
  const refs = (): Promise<StatementRefs> => {
    listed ??= statementRefs(repository, PATTERNS, pushed);
    return listed;
  };
  const about: StatementStore['about'] = async (id) => {
    const known = await refs();
    const { statements, problems } = await statementsAbout(repository, known.refs, id);
    return { statements, problems: [...known.problems, ...problems] };
  };
  const add: StatementStore['add'] = async (statements, options) => {
    listed = undefined;
    return addStatements(repository, statements, options);
  };
  const join: StatementStore['join'] = async (options) => {
    listed = undefined;
    return joinFetched(repository, options);
  };
  const subjects: StatementStore['subjects'] = async () => {
    const trees = (await refs()).refs.filter(({ ref }) => !isNotes(ref)).map(({ tree }) => tree);
    const length = repository.format === 'sha1' ? 40 : 64;
    const names = await repository.objects.each(trees, (frame) =>
      frame.kind === 'object' ? (treeEntries(frame.raw, repository.format) ?? []) : [],
    );
    const ids = names.flat().map(({ name }) => name);
    return new Set(ids.filter((id) => id.length === length && /^[0-9a-f]+$/.test(id)));
  };
  const ready: StatementStore['ready'] = (types, notes) => checkRefs(repository, types, notes);
  return { about, ready, add, join, subjects };
}
