import fc from 'fast-check';
import { expect, it } from 'vitest';
import { treeEntries, treeEntry } from '../../../src/core/git/tree-entries.ts';
import { bytes } from '../../support/odd-objects.ts';

const ID = '\x01'.repeat(20);
const part = fc.constantFrom(
  '100644',
  '40000',
  '120000',
  ' ',
  'a',
  'ab',
  'b/c',
  '\0',
  ID,
  '\0x',
  '9',
);
const entry = fc
  .tuple(
    fc.constantFrom('100644', '40000', '160000'),
    fc.constantFrom('a', 'ab', 'b', '.signet.yaml'),
  )
  .map(([mode, name]) => `${mode} ${name}\0${ID}`);
const tree = fc.array(fc.oneof({ weight: 6, arbitrary: entry }, part), { maxLength: 6 });

it('one entry is what the whole list says, and none where the list cannot be read (I05)', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom('a', 'ab', '.signet.yaml', 'zzz'), (parts, name) => {
      const raw = bytes(parts.join(''));
      const all = treeEntries(raw, 'sha1');
      const one = treeEntry(raw, 'sha1', name);
      if (all !== undefined) expect(one).toEqual(all.find((each) => each.name === name));
      // a fault elsewhere in the tree is not looked for, but the entry itself is never another one
      else if (one !== undefined && one !== 'malformed') expect(one.name).toBe(name);
    }),
    { numRuns: 20_000, seed: 7 },
  );
});

it.each([
  ['twice', `100644 a\0${ID}100644 a\0${ID}`],
  ['with a mode that is none', `9 a\0${ID}`],
  ['with an id that is cut off', `100644 a\0${ID.slice(1)}`],
  ['without a mode', `a\0${ID}`],
])('an entry that stands there %s makes the tree malformed', (_, text) => {
  expect(treeEntry(bytes(text), 'sha1', 'a')).toBe('malformed');
  expect(treeEntries(bytes(text), 'sha1')).toBeUndefined();
});
