/** Cuts a stream of bytes into lines. A line that is too long is skipped and reported, and is never held as a whole. */

import { concatAll } from '../../core/bytes.ts';

const NEWLINE = 0x0a;

/** A line without its end, or the report of one that is too long. */
export type CutLine = Uint8Array | 'too-long';

/** Yields the lines of a stream. Empty lines are left out. The last line needs no end. */
export async function* cutLines(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<CutLine> {
  let held: Uint8Array[] = [];
  let length = 0;
  let skips = false;
  const take = (): CutLine | undefined => {
    const line = skips ? 'too-long' : concatAll(held);
    held = [];
    length = 0;
    skips = false;
    return line.length === 0 ? undefined : line;
  };
  const hold = (part: Uint8Array): void => {
    length += part.length;
    if (length > limit) {
      skips = true;
      held = [];
    } else if (part.length > 0) held.push(part);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, end));
      from = end + 1;
      const line = take();
      if (line !== undefined) yield line;
    }
    hold(chunk.subarray(from));
  }
  const last = take();
  if (last !== undefined) yield last;
}
