/** Reads the marks of a log, and asks git about signatures that only git can check here. */

import type { Results } from '../../gate/as-they-come.ts';
import type { KeyAsker } from '../../git/log/key-answers.ts';
import { type LogMark, readMark, withKeyAnswer } from '../../report/log/mark.ts';

export interface MarkSettings {
  /** The setting that trusts signers of whom no policy was asked. */
  readonly trusted: boolean;
  /** A policy decides. */
  readonly ruled: boolean;
  /** git's own answers are shown. */
  readonly answered: boolean;
  readonly keys: KeyAsker;
}

/** Returns the marks of some results. git starts once for all that it is asked about, and not for keyless signatures. */
export async function marksOf(
  results: Results,
  { trusted, ruled, answered, keys }: MarkSettings,
): Promise<readonly LogMark[]> {
  const marks = results.map((result) => readMark(result, trusted));
  const asked = ruled && !answered ? [] : marks.filter(({ keyed }) => keyed && keys.can(keyed));
  if (asked.length === 0) return marks;
  const answers = await keys.ask(asked.map(({ id }) => id));
  return marks.map((mark) => {
    const answer = mark.keyed && answers.get(mark.id);
    return answer === undefined ? mark : withKeyAnswer(mark, answer, ruled);
  });
}
