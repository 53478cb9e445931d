import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { headerOf } from '../../../src/core/git/header.ts';
import { commitLinks, tagTarget } from '../../../src/core/git/links.ts';
import { oddObjects } from '../../support/odd-objects.ts';

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
const people = 'author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nm\n';
const links = (text: string) => commitLinks(utf8(text), 'sha1');
const target = (text: string) => tagTarget(utf8(text), 'sha1');

describe('where a commit leads', () => {
  it.each([
    ['a root', `tree ${a}\n${people}`, { tree: a, parents: [] }],
    ['two parents', `tree ${a}\nparent ${b}\nparent ${c}\n${people}`, { tree: a, parents: [b, c] }],
    ['no person at all', `tree ${a}\nparent ${b}\n`, { tree: a, parents: [b] }],
    ['a parent behind another header', `tree ${a}\nx y\nparent ${b}\n`, { tree: a, parents: [] }],
    ['capital letters', `tree ${a?.toUpperCase()}\n\n`, { tree: a, parents: [] }],
  ])('%s', (_, text, found) => expect(links(text)).toEqual(found));

  it.each([
    ['no tree', `parent ${b}\n${people}`],
    ['a tree that is too short', `tree ${a?.slice(1)}\n${people}`],
    ['a tree of the other format', `tree ${'a'.repeat(64)}\n${people}`],
    ['a parent that is too long', `tree ${a}\nparent ${b}0\n${people}`],
    ['a parent that is no hash', `tree ${a}\nparent ${'g'.repeat(40)}\n${people}`],
    ['nothing', ''],
  ])('nowhere with %s', (_, text) => expect(links(text)).toBeUndefined());
});

describe('where a tag leads', () => {
  it.each([
    [`object ${a}\ntype commit\ntag v1\n`, { target: a, targetType: 'commit' }],
    [`object ${a}\ntype tag\n`, { target: a, targetType: 'tag' }],
    [`object ${a}\ntag v1\ntype commit\n`, undefined],
    [`type commit\nobject ${a}\n`, undefined],
    [`object ${a}\ntype commit`, undefined],
  ])('%j', (text, found) => expect(target(text)).toEqual(found));
});

it("git's way of reading gives the same links as the strict reader (G18)", () => {
  const read = (['sha1', 'sha256'] as const).flatMap(oddObjects).flatMap(({ name, raw }) => {
    const header = headerOf(raw);
    return header === undefined ? [] : [{ name, raw, header }];
  });
  expect(read.length).toBeGreaterThan(5);
  for (const { name, raw, header } of read) {
    const hash = header.type === 'commit' ? header.tree : header.target;
    const format = hash.length === 40 ? 'sha1' : 'sha256';
    const same =
      header.type === 'commit'
        ? { tree: header.tree, parents: header.parents }
        : { target: header.target, targetType: header.targetType };
    const found = header.type === 'commit' ? commitLinks(raw, format) : tagTarget(raw, format);
    expect(found, name).toEqual(same);
  }
});
