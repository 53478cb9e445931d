/**
 * Proves the best common ancestors of two commits. Each is reached from both through hashed commits, and every other
 * common ancestor is reached from one of them. git only names the candidates (threat P17).
 */

import { fromUtf8Lossy } from '../core/bytes.ts';
import { UsageError } from '../errors.ts';
import { streamLinks } from './commit-links.ts';
import { corrupt } from './hashed-object.ts';
import { listed } from './objects.ts';
import { isAncestor, proveReached, shallowHint } from './paths.ts';
import { GIT_READS, gitSaid, runGit } from './process.ts';
import { BOTH, type Named, named } from './range-commits.ts';
import type { GitRepository } from './repository.ts';

function cutOff(repository: GitRepository, commit: string): UsageError {
  return new UsageError(`${commit.slice(0, 12)}: a shallow clone does not hold its ancestors`, {
    code: 'SHALLOW_RANGE',
    ...shallowHint(repository),
  });
}

/** Asks git for candidates for the best common ancestors. @throws UsageError GIT_FAILED */
async function basesAsGitSays(
  repository: GitRepository,
  pair: readonly [string, string],
): Promise<readonly string[]> {
  const args = [...GIT_READS, 'merge-base', '--all', ...pair];
  const { exitCode, stdout, stderr } = await runGit(repository, args);
  if (exitCode > 1) {
    const said = gitSaid(stderr, 'merge-base failed').replace(/^fatal: /, '');
    throw new UsageError(`git: ${said}`, { code: 'GIT_FAILED' });
  }
  return fromUtf8Lossy(stdout).split('\n').filter(Boolean);
}

/** Returns the commits just outside of those that only one side reaches, and the sides that reach them. */
async function outsideOf(
  repository: GitRepository,
  [first, second]: readonly [string, string],
): Promise<Named> {
  const outside: Named = new Map();
  const inside = new Set<string>();
  named(outside, first, 1);
  named(outside, second, 2);
  const tips = [`${first}...${second}`];
  const candidates = listed(repository, ['rev-list', '--date-order', '--stdin'], tips);
  for await (const commits of streamLinks(repository, candidates)) {
    for (const { id, parents } of commits) {
      if (repository.shallow.has(id)) throw cutOff(repository, id);
      const sides = outside.get(id) ?? 0;
      outside.delete(id);
      inside.add(id);
      if (sides === BOTH)
        throw corrupt(id, 'git says that one side leads to it, but both sides do');
      const back = parents.find((parent) => inside.has(parent));
      if (back !== undefined) throw corrupt(back, 'git lists it before one of its descendants');
      for (const parent of parents) named(outside, parent, sides);
    }
  }
  return outside;
}

/**
 * Returns the best common ancestors of two commits. There are none if their histories share nothing.
 * @throws UsageError OBJECT_CORRUPT, GIT_FAILED, SHALLOW_RANGE
 */
export async function mergeBases(
  repository: GitRepository,
  first: string,
  second: string,
): Promise<readonly string[]> {
  if (first === second) return [first];
  const bases = await basesAsGitSays(repository, [first, second]);
  const outside = await outsideOf(repository, [first, second]);
  const wrong = bases.find((id) => outside.get(id) !== BOTH);
  if (wrong !== undefined)
    throw corrupt(wrong, 'git says that both sides lead to it, but they do not');
  await proveReached(repository, bases, [...outside.keys()]);
  return bases;
}

/** Returns true if `ancestor` is `commit` or one of its ancestors. Both answers are proved. @throws UsageError SHALLOW_RANGE, OBJECT_CORRUPT */
export async function isSurelyAncestor(
  repository: GitRepository,
  ancestor: string,
  commit: string,
): Promise<boolean> {
  if (await isAncestor(repository, ancestor, commit)) return true;
  if (repository.shallow.size > 0) throw cutOff(repository, commit);
  // common ancestors and their own ancestors cannot lead back up to the ancestor
  return (await mergeBases(repository, ancestor, commit)).includes(ancestor);
}
