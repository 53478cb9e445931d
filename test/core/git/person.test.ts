import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { certainText, readPerson } from '../../../src/core/git/person.ts';

const ALICE = { name: 'Alice', email: 'alice@x', time: 1_700_000_000 };
const read = (line: string, encoding?: string) => readPerson(Buffer.from(line, 'latin1'), encoding);

describe('readPerson', () => {
  it.each([
    ['as git writes it', 'Alice <alice@x> 1700000000 +0000', ALICE],
    ['a negative time zone', 'Alice <alice@x> 1700000000 -1130', ALICE],
    ['no name', ' <alice@x> 1700000000 +0000', { ...ALICE, name: '' }],
    ['no name and no space', '<alice@x> 1700000000 +0000', { ...ALICE, name: '' }],
    ['no address, as a workload has none', 'Alice <> 1700000000 +0000', { ...ALICE, email: '' }],
    [
      'a name of several words',
      'A  B. C <alice@x> 1 +0000',
      { ...ALICE, name: 'A  B. C', time: 1 },
    ],
  ])('the person line is read: %s', (_name, line, person) => {
    expect(read(line)).toEqual(person);
  });

  it.each([
    ['text behind the date', 'Alice <alice@x> 1700000000 +0000 tail'],
    ['a second address', 'Alice <alice@x> <bob@x> 1700000000 +0000'],
    ['an address before the address', 'Bob <bob@x> Alice <alice@x> 1700000000 +0000'],
    ['a second date', 'Alice <alice@x> 1 +0000 1700000000 +0000'],
    ['no date', 'Alice <alice@x>'],
    ['a date without a zone', 'Alice <alice@x> 1700000000'],
    ['two spaces before the date', 'Alice <alice@x>  1700000000 +0000'],
    ['a date of thirteen digits', 'Alice <alice@x> 1700000000000 +0000'],
    ['a CR at the end', 'Alice <alice@x> 1700000000 +0000\r'],
    ['a tab in the address', 'Alice <alice@x\t> 1700000000 +0000'],
    ['a C1 control character', 'Ali\xc2\x85ce <alice@x> 1700000000 +0000'],
    ['bytes that are no UTF-8', 'Al\xefce <alice@x> 1700000000 +0000'],
    ['nothing', ''],
  ])(
    'a person line with %s gives no person, because parts of git read it differently (G14)',
    (_name, line) => {
      expect(read(line)).toBeUndefined();
    },
  );

  it.each([
    ['UTF-8', true],
    ['utf8', true],
    ['ISO-8859-1', true],
    ['windows-1252', true],
    ['EUC-JP', true],
    ['Shift_JIS', true],
    ['UTF-7', false],
    ['UTF-16', false],
    ['IBM037', false],
    ['ISO646-FR', false],
    ['HZ', false],
    ['ISO-2022-JP', false],
    ['', false],
    ['UTF-8\r', false],
  ])(
    'a person in the encoding %j is read only if it contains ASCII unchanged: %s (G14)',
    (name, yes) => {
      expect(read('Alice <alice@x> 1700000000 +0000', name)).toEqual(yes ? ALICE : undefined);
    },
  );

  it('no letter beyond ASCII is taken from an encoding that is not decoded', () => {
    expect(certainText(utf8('é'), 'ISO-8859-1')).toBeUndefined();
    expect(certainText(utf8('é'), undefined)).toBe('é');
    expect(certainText(utf8('é'), 'UTF-8')).toBe('é');
  });
});
