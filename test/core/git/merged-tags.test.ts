/** The tags that a merge commit keeps in its header. */

import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { mergedTags } from '../../../src/core/git/merged-tags.ts';

const TOP = `tree ${'a'.repeat(40)}\nauthor A <a@a.test> 1 +0000\ncommitter A <a@a.test> 1 +0000\n`;
const TAG = (name: string): string =>
  `object ${'b'.repeat(40)}\ntype commit\ntag ${name}\n\nmessage\n`;
const header = (tag: string): string => `mergetag ${tag.trimEnd().replaceAll('\n', '\n ')}\n`;
const read = (commit: string): readonly string[] =>
  mergedTags(utf8(commit)).map((tag) => Buffer.from(tag).toString());

describe('mergedTags', () => {
  it('returns each tag of a merge as its stored bytes, in order', () => {
    const commit = `${TOP}${header(TAG('one'))}encoding x\n${header(TAG('two'))}\nm\n`;
    expect(read(commit)).toEqual([TAG('one'), TAG('two')]);
  });

  it('takes no tag from the message or from the value of another header', () => {
    expect(read(`${TOP}\n${header(TAG('one'))}`)).toEqual([]);
    expect(
      read(`${TOP}other x\n ${header(TAG('one')).replaceAll('\n', '\n ').trimEnd()}\n\nm\n`),
    ).toEqual([]);
    expect(read(`${TOP}mergetags ${'x'.repeat(9)}\n\nm\n`)).toEqual([]);
  });

  it('refuses a header that git would not read', () => {
    expect(() => read(`${TOP}mergetag x\u0000\n\nm\n`)).toThrow(/NUL/);
  });
});
