/** Reads the tags that `git merge` keeps in a commit (commit.c, add_extra_header): one folded `mergetag` header for each. */

import { HeaderLines } from './header-lines.ts';
import { unfolded } from './signed-object.ts';

const NAME = 'mergetag';

/** Returns the raw tags in a commit's `mergetag` headers, in order. @throws Refusal `object-malformed` */
export function mergedTags(commit: Uint8Array): readonly Uint8Array[] {
  const lines = new HeaderLines(commit);
  const tags: Uint8Array[] = [];
  while (lines.at < lines.end) {
    const { name, start, end } = lines.takeAny();
    if (name === NAME) tags.push(unfolded(commit, { start: start + NAME.length + 1, end }));
  }
  return tags;
}
