/** What a payload is about, as a forwarded request is judged, asked about and written down. */

import { headerOf } from '../../core/git/header.ts';
import { subjectLine } from '../../core/git/object.ts';
import { UsageError } from '../../errors.ts';

/** What is to be signed, as a person is told of it. Hostile text: escape it. */
export interface Described {
  readonly type: 'commit' | 'tag';
  readonly subject: string;
  /** A commit's parents, or what a tag is about, as it names them. */
  readonly parents: readonly string[];
}

/** What a payload is about. @throws UsageError for anything but a commit or a tag, whatever else the agent may sign */
export function describe(payload: Uint8Array): Described {
  const header = headerOf(payload);
  if (header === undefined) throw new UsageError('a forwarded agent signs commits and tags only');
  const parents = header.type === 'commit' ? header.parents : [header.target];
  return { type: header.type, parents, subject: subjectLine(payload) };
}
