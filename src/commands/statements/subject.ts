/** Finds the object that a statement is about. A name means what it means to `verify`, unless `--object` says otherwise. */

import type { SubjectType } from '../../core/statement/statement.ts';
import { UsageError } from '../../errors.ts';
import { readLinks } from '../../git/commit-links.ts';
import { resolveCommits, resolveNames } from '../../git/names.ts';
import { type GitRepository, isFullHash } from '../../git/repository.ts';
import type { AboutObject } from '../../statements/judge.ts';

/** The option of the commands that make or verify statements. */
export const OBJECT_OPTION = {
  object: {
    group: 'What',
    takes: ['commit', 'tag', 'tree'],
    meaning: 'the kind of object: a tag by its name, or the tree of a commit',
  },
} as const;

function noSuch(name: string, what: string): UsageError {
  return new UsageError(`${name}: there is no such ${what}`, { code: 'NO_SUCH_OBJECT' });
}

async function ofType(
  repository: GitRepository,
  name: string,
  type: SubjectType,
): Promise<string | undefined> {
  const [object] = await resolveNames(repository, [name]);
  if (object?.type === type) return object.id;
  if (type === 'tag') return undefined;
  const [commit] = await resolveCommits(repository, [name]);
  if (commit === undefined || type === 'commit') return commit?.id;
  const [links] = await readLinks(repository, [commit.id]);
  return links?.tree;
}

/** Returns the object that a name means. It must be in the repository. @throws UsageError NO_SUCH_OBJECT */
export async function findObject(
  repository: GitRepository,
  name: string,
  type: SubjectType | undefined,
): Promise<AboutObject> {
  const [exact] = isFullHash(name, repository.format) ? await resolveNames(repository, [name]) : [];
  const wanted = type ?? (exact === undefined || exact.type === 'blob' ? 'commit' : exact.type);
  const id = await ofType(repository, name, wanted);
  if (id === undefined) throw noSuch(name, wanted);
  const [frame] = await repository.objects.read([id]);
  // the object itself was read and hashed, so the statement cannot be about one that is not here
  if (frame?.kind !== 'object' || frame.type !== wanted) throw noSuch(name, wanted);
  return { type: wanted, id };
}
