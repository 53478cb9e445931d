/** Lists the refs that may hold statements, with the tree of each. */

import { commitLinks } from '../core/git/links.ts';
import { type GitRepository, gitLine } from '../git/repository.ts';
import { isNotes, isStatementRef, MAX_REFS, PATTERNS } from './places.ts';

/** A ref that holds statements. */
export interface StatementRef {
  readonly ref: string;
  readonly tip: string;
  readonly tree: string;
}

/** A ref of a push that is not accepted yet, with the commit that it would get. */
export type PushedRef = Pick<StatementRef, 'ref' | 'tip'>;

/** A place that could not be read, for messages. Hostile text in it is not yet escaped. */
export interface StatementProblem {
  readonly place: string;
  readonly what: string;
}

/** Refs by name, and those among them that could not be read. */
export interface StatementRefs {
  readonly refs: readonly StatementRef[];
  readonly problems: readonly StatementProblem[];
}

/** Our own refs come first, then fetched ones, then notes. So what a remote holds does not use up the limits. */
function rank(ref: string): number {
  if (isNotes(ref)) return 2;
  return ref.startsWith('refs/attestations/') ? 0 : 1;
}

/** Returns the statements that a push brings. They are judged by their own signatures when a rule asks for one, and not as code. */
export function pushedStatements(
  updates: readonly { readonly ref: string; readonly new?: string | undefined }[],
): readonly PushedRef[] {
  return updates.flatMap(({ ref, new: tip }) =>
    isStatementRef(ref) && tip !== undefined ? [{ ref, tip }] : [],
  );
}

/** Lists the refs of these patterns, and those that come with a push. @throws UsageError GIT_FAILED, OBJECT_CORRUPT */
export async function statementRefs(
  repository: GitRepository,
  patterns: readonly string[] = PATTERNS,
  pushed: readonly PushedRef[] = [],
): Promise<StatementRefs> {
  const format = '--format=%(objecttype) %(objectname) %(refname)';
  const listed = await gitLine(repository, ['for-each-ref', format, ...patterns]);
  const lines = listed.split('\n').filter(Boolean);
  const problems: StatementProblem[] = lines
    .slice(MAX_REFS)
    .map((line) => ({ place: line.split(' ').slice(2).join(' '), what: 'one ref too many' }));
  const found = lines.slice(0, MAX_REFS).map((line) => {
    const [type = '', tip = '', ...name] = line.split(' ');
    return { type, tip, ref: name.join(' ') };
  });
  found.unshift(...pushed.map(({ ref, tip }) => ({ type: 'commit', tip, ref })));
  const commits = found.filter(({ type, ref }) => {
    if (type === 'commit') return true;
    problems.push({ place: ref, what: `it leads to a ${type}, not to a commit` });
    return false;
  });
  const trees = await repository.objects.each(
    commits.map(({ tip }) => tip),
    (frame) =>
      frame.kind === 'object' && frame.type === 'commit'
        ? commitLinks(frame.raw, repository.format)?.tree
        : undefined,
  );
  const refs = commits.flatMap(({ tip, ref }, index): readonly StatementRef[] => {
    const tree = trees[index];
    if (tree !== undefined) return [{ ref, tip, tree }];
    problems.push({ place: ref, what: `its commit ${tip} cannot be read` });
    return [];
  });
  return { refs: refs.toSorted((one, other) => rank(one.ref) - rank(other.ref)), problems };
}
