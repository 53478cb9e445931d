/** Finds the commit up to which a policy leaves the history unjudged, its `since`. */

/** Returns the parents of a commit by its full hash, or undefined if it was not read. */
export type ParentsOf = (id: string) => readonly string[] | undefined;

export interface StartingPoint {
  /** Full hash. */
  readonly id: string;
  /** Number of commits that are not judged: this one and its ancestors. */
  readonly reached: number;
}

/** Returns the commits from the tip along first parents, oldest first. */
function ownLine(parentsOf: ParentsOf, tip: string): readonly string[] {
  const line: string[] = [];
  let at: string | undefined = tip;
  while (at !== undefined) {
    const parents = parentsOf(at);
    if (parents !== undefined) line.push(at);
    at = parents?.[0];
  }
  return line.reverse();
}

/**
 * Returns the oldest commit on the tip's own line that reaches every commit which must stay unjudged. Undefined if there is
 * none. Later tips descend from it, as a policy's `since` needs.
 */
export function startingPoint(
  parentsOf: ParentsOf,
  tip: string,
  unjudged: (id: string) => boolean,
): StartingPoint | undefined {
  const reached = new Set<string>();
  let start: StartingPoint | undefined;
  for (const id of ownLine(parentsOf, tip)) {
    let needed = false;
    const open = [id];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const parents = reached.has(at) ? undefined : parentsOf(at);
      if (parents === undefined) continue;
      reached.add(at);
      needed ||= unjudged(at);
      open.push(...parents);
    }
    if (needed) start = { id, reached: reached.size };
  }
  return start;
}
