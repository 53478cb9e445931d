import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { base64Forms, createMatcher } from '../../src/monitor/matcher.ts';

const address = 'alice@example.test';

describe('the forms of a text in base64', () => {
  it('cover every offset: whatever stands before and after, one form is in the base64 (M04)', () => {
    const matcher = createMatcher(base64Forms(address));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
        const bytes = Buffer.concat([a, utf8(address), b]);
        expect(matcher.hits(utf8(bytes.toString('base64')))).toBe(true);
      }),
    );
  });

  it('are not found in the base64 of a near miss', () => {
    const matcher = createMatcher(base64Forms(address));
    for (const text of [
      'alixe@example.test',
      'alice@example.tast',
      'aLice@example.test',
      'alice@exomple.test',
    ]) {
      for (const before of ['', 'a', 'ab']) {
        const base64 = Buffer.from(`${before}${text}..`).toString('base64');
        expect(matcher.hits(utf8(base64))).toBe(false);
      }
    }
  });
});

describe('a matcher', () => {
  it('finds exactly what a plain search finds', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 9 });
    const long = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), maxLength: 80 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), long, (words, text) => {
        const plain = words.some((each) => text.includes(each));
        expect(createMatcher(words).hits(utf8(text))).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });

  it('takes texts of many lengths, finds one at either end, and finds nothing for no text', () => {
    const many = Array.from(
      { length: 300 },
      (_, index) => `${index}-person-${'x'.repeat(index % 40)}`,
    );
    const matcher = createMatcher(many);
    expect(matcher.hits(utf8('299-person-xxxxxxxxxxxxxxxxxxx'))).toBe(true);
    expect(matcher.hits(utf8(`..${many[7]}`))).toBe(true);
    expect(matcher.hits(utf8('person-person-person-xxxx'))).toBe(false);
    expect(createMatcher([]).hits(utf8('anything'))).toBe(false);
    expect(() => createMatcher(['ab'])).toThrow(RangeError);
  });
});
