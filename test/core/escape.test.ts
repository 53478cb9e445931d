import { describe, expect, it } from 'vitest';
import { percentEscaped, visible, withoutSecrets } from '../../src/core/escape.ts';

const HOSTILE = [
  '\n',
  '\r',
  '\0',
  '\x1b[31m',
  '\x07',
  '\x7f',
  '\x85',
  '\x9b',
  '\u061c',
  '\u200e',
  '\u202a',
  '\u202e',
  '\u2028',
  '\u2029',
  '\u2066',
  '\u2069',
  '\ufeff',
  '\u{e0041}',
  '\ud800',
];
// biome-ignore format: as above
const RAW = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]|[\u{e0000}-\u{e007f}]/u;

describe('visible', () => {
  it.each(HOSTILE)('the text %j is shown and never obeyed (S10)', (text) => {
    const shown = visible(`a${text}b`);
    expect(shown).not.toMatch(RAW);
    expect(shown).toMatch(/^a\\(x[0-9a-f]{2}|u\{[0-9a-f]+\})/);
  });

  it.each(['alice@example.com', 'Ünïcode', '署名', 'a\u200db', '🧑‍🚀', '100%', ''])(
    'the text %j stays as it is',
    (text) => {
      expect(visible(text)).toBe(text);
    },
  );
});

describe('percentEscaped', () => {
  it.each(HOSTILE)('the text %j is escaped (S03)', (text) => {
    expect(percentEscaped(`a${text}b`)).toMatch(/^a(%[0-9A-F]{2})+[^%]*b$/);
    expect(percentEscaped(`a${text}b`)).not.toMatch(RAW);
  });

  it('the escape itself is escaped, so that each text has one spelling (S03)', () => {
    expect(percentEscaped('100%0A')).toBe('100%250A');
    expect(percentEscaped('\n')).toBe('%0A');
  });

  it('spaces and letters of every script stay (S03)', () => {
    expect(percentEscaped('Jörg 署名')).toBe('Jörg 署名');
  });
});

describe('withoutSecrets', () => {
  it('tokens and the user part of addresses are dropped (S14, F7)', () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`;
    expect(withoutSecrets(`got ${token}!`)).toBe('got <token>!');
    expect(withoutSecrets('https://bob:hunter2@host/x')).toBe('https://host/x');
    expect(withoutSecrets('https://bob:hunter2@hunter3@host/x')).toBe('https://host/x');
    expect(withoutSecrets('https://host/@bob')).toBe('https://host/@bob');
    expect(withoutSecrets('alice@example.com (https://accounts.example.com)')).toBe(
      'alice@example.com (https://accounts.example.com)',
    );
  });
});
