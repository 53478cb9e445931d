/** Lists what an approval covers. */

import type { Approval } from '../../core/policy/approvals.ts';
import { proveRange } from '../../git/range-commits.ts';
import type { GitRepository } from '../../git/repository.ts';
import { statedCommit, statedCommits } from '../stated-commit.ts';

/** Most commits that one approval covers. */
const MAX_APPROVED = 10_000;
/** Up to this many commits are read one by one. */
const FEW = 100;

/** The commits that an approval's head reaches and its base does not. */
export interface ApprovedCommits {
  readonly ids: ReadonlySet<string>;
  /** The same commits from the base on, if they are a line without merges. */
  readonly line?: readonly string[];
}

/** Walks from the head to the base as long as there are no merges. Returns undefined if that leads nowhere. */
async function walkedLine(
  repository: GitRepository,
  head: string,
  base: string | undefined,
): Promise<readonly string[] | undefined> {
  const line: string[] = [];
  for (let id = head; line.length < FEW; ) {
    const commit = await statedCommit(repository, id);
    if (commit === undefined || repository.shallow.has(id)) return undefined;
    line.unshift(id);
    const [parent, other] = commit.parents;
    if (other !== undefined) return undefined;
    if (parent === base) return line;
    if (parent === undefined) return undefined;
    id = parent;
  }
  return undefined;
}

async function provedCommits(
  repository: GitRepository,
  head: string,
  base: string | undefined,
): Promise<ApprovedCommits | undefined> {
  const ends = base === undefined ? [head] : [head, base];
  if ((await statedCommits(repository, ends)).includes(undefined)) return undefined;
  const line = await walkedLine(repository, head, base);
  if (line !== undefined) return { ids: new Set(line), line };
  const range = { include: [head], exclude: base === undefined ? [] : [base], symmetric: false };
  const proved = await proveRange(repository, range, `an approval of ${head.slice(0, 12)}`);
  if (proved.count > MAX_APPROVED) return undefined;
  const commits = [...proved.walk('parents-first')].flat().filter(({ boundary }) => !boundary);
  const linear = proved.line().size === commits.length && commits[0]?.parents[0] === base;
  const ids = commits.map(({ id }) => id);
  return { ids: new Set(ids), ...(linear ? { line: ids } : {}) };
}

/** Returns what approvals cover. The result is undefined if head or base is missing, or if there are too many commits. */
export function openApprovedCommits(
  repository: GitRepository,
): (approval: Pick<Approval, 'commit' | 'base'>) => Promise<ApprovedCommits | undefined> {
  const kept = new Map<string, Promise<ApprovedCommits | undefined>>();
  return ({ commit, base }) => {
    const key = `${commit} ${base}`;
    const known = kept.get(key) ?? provedCommits(repository, commit, base);
    kept.set(key, known);
    return known;
  };
}
