/** What a walk over history needs to know of a commit. */

/** A commit with its tree and parents, by full hash. */
export interface CommitLinks {
  readonly id: string;
  /** Undefined if the commit is too large to be read. */
  readonly tree: string | undefined;
  readonly parents: readonly string[];
}

/** A commit with the date by which git orders a walk. */
export interface DatedLinks extends CommitLinks {
  /** Unix seconds. NaN if git might read another date. */
  readonly date: number;
}
