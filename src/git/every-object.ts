/** Lists every commit and every tag that the refs of a repository reach, and the tags that reach some commits. */

import { fromUtf8 } from '../core/bytes.ts';
import { tagHeader } from '../core/git/header.ts';
import { listed } from './objects.ts';
import { runGit } from './process.ts';
import { type GitRepository, gitLine } from './repository.ts';

/** A tag as its ref names it. */
export interface NamedTag {
  /** Without `refs/tags/`. */
  readonly name: string;
  /** Full hash of the tag, or of the commit for a lightweight tag. */
  readonly id: string;
}

/** Most tags that lead to each other. */
const MAX_DEPTH = 8;
/** Commits in one question to git. Each is an argument. */
const AT_ONCE = 200;

/** Yields the full hashes of all commits that a ref reaches, newest first. git's word is taken for it. */
export async function* everyCommit(repository: GitRepository): AsyncGenerator<readonly string[]> {
  yield* listed(repository, ['rev-list', '--all']);
}

/** Returns the full hashes of all tags that a ref leads to, also those behind other tags. */
export async function everyTag(repository: GitRepository): Promise<readonly string[]> {
  const list = await gitLine(repository, ['for-each-ref', '--format=%(objecttype) %(objectname)']);
  const found = new Set<string>();
  let next = list.split('\n').flatMap((line) => (line.startsWith('tag ') ? [line.slice(4)] : []));
  for (let depth = 0; depth < MAX_DEPTH && next.length > 0; depth += 1) {
    const fresh = next.filter((id) => !found.has(id));
    for (const id of fresh) found.add(id);
    const targets = await repository.objects.each(fresh, (frame) => {
      const fields = frame.kind === 'object' && frame.type === 'tag' && tagHeader(frame.raw);
      return fields && fields.targetType === 'tag' ? [fields.target] : [];
    });
    next = targets.flat();
  }
  return [...found];
}

/** Returns the tags that reach one of these commits, by name. */
export async function tagsReaching(
  repository: GitRepository,
  commits: readonly string[],
): Promise<readonly NamedTag[]> {
  const found = new Map<string, NamedTag>();
  for (let at = 0; at < commits.length; at += AT_ONCE) {
    const contains = commits.slice(at, at + AT_ONCE).map((id) => `--contains=${id}`);
    const format = '--format=%(objectname) %(refname:lstrip=2)';
    const { stdout } = await runGit(repository, ['for-each-ref', format, ...contains, 'refs/tags']);
    for (const line of (fromUtf8(stdout) ?? '').split('\n')) {
      const [id = '', ...name] = line.split(' ');
      if (id !== '') found.set(name.join(' '), { name: name.join(' '), id });
    }
  }
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
