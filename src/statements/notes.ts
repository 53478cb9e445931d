/** Adds a statement to the git note of an object, as one more line. Other lines of the note stay as they are. */

import { concatAll, latin1, utf8 } from '../core/bytes.ts';
import { DIRECTORY, type TreeEntry } from '../core/git/tree-entries.ts';
import { MAX_BUNDLE } from '../core/statement/bundle.ts';
import { UsageError } from '../errors.ts';
import { withFile } from '../git/edit-tree.ts';
import type { GitRepository } from '../git/repository.ts';
import { readTrees } from '../git/tree-walk.ts';
import { writeObject } from '../git/write.ts';

/** Where the note of an object is, or belongs. */
interface NotePlace {
  readonly path: readonly string[];
  readonly note: TreeEntry | undefined;
}

/** Finds the note of an object. A new one goes where git itself would look for it first. */
async function placeOf(
  repository: GitRepository,
  root: string | undefined,
  id: string,
): Promise<NotePlace> {
  const path: string[] = [];
  let tree = root;
  let rest = id;
  for (;;) {
    const [read] = tree === undefined ? [] : await readTrees(repository, [tree]);
    const entries = read?.entries ?? [];
    const note = entries.find(({ name }) => name === rest);
    const spread = entries.some(
      ({ name, mode }) => mode === DIRECTORY && /^[0-9a-f]{2}$/.test(name),
    );
    if (note !== undefined || !spread || rest.length <= 2) return { path: [...path, rest], note };
    const [start, end] = [rest.slice(0, 2), rest.slice(2)];
    path.push(start);
    tree = entries.find(({ name, mode }) => name === start && mode === DIRECTORY)?.oid;
    rest = end;
  }
}

/** Returns the tree of notes with these lines added to the note of `id`. @throws UsageError if the note cannot hold them */
export async function withNote(
  repository: GitRepository,
  root: string | undefined,
  id: string,
  line: Uint8Array,
): Promise<string | undefined> {
  const { path, note } = await placeOf(repository, root, id);
  const old =
    note === undefined ? new Uint8Array() : (await repository.objects.get(note.oid, 'blob')).raw;
  if (latin1(old).split('\n').includes(latin1(line))) return root;
  const gap = old.length === 0 || old.at(-1) === 0x0a ? '' : '\n';
  const text = concatAll([old, utf8(gap), line, utf8('\n')]);
  if (text.length > MAX_BUNDLE) {
    const what = `the note of ${id} would be larger than ${MAX_BUNDLE} bytes`;
    throw new UsageError(what, { hint: 'leave out --notes' });
  }
  return withFile(repository, root, path, await writeObject(repository, 'blob', text));
}
