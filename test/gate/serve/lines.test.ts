import { expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { cutLines } from '../../../src/gate/serve/lines.ts';

async function linesOf(chunks: readonly string[], limit = 10): Promise<readonly string[]> {
  async function* source() {
    for (const chunk of chunks) yield utf8(chunk);
  }
  const lines: string[] = [];
  for await (const line of cutLines(source(), limit)) {
    lines.push(typeof line === 'string' ? line : Buffer.from(line).toString());
  }
  return lines;
}

it('lines are cut at their ends, whatever the chunks are', async () => {
  const text = 'one\ntwo\n\nthree\nlast';
  const expected = ['one', 'two', 'three', 'last'];
  for (let at = 0; at <= text.length; at += 1) {
    expect(await linesOf([text.slice(0, at), text.slice(at)])).toEqual(expected);
  }
  expect(await linesOf([...text])).toEqual(expected);
  expect(await linesOf([])).toEqual([]);
});

it('a line over the limit is skipped, and its neighbours stay (I05)', async () => {
  const fits = 'a'.repeat(10);
  const long = 'a'.repeat(11);
  expect(await linesOf([`${fits}\nx\n`])).toEqual([fits, 'x']);
  expect(await linesOf([`${long}\nx\n`])).toEqual(['too-long', 'x']);
  expect(await linesOf([long.slice(0, 6), long.slice(6), `${long}\nx`])).toEqual(['too-long', 'x']);
  expect(await linesOf([`x\n${long}`])).toEqual(['x', 'too-long']);
});
