import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import {
  MAX_STATEMENT,
  readStatement,
  type Statement,
  statementLine,
  writeStatement,
} from '../../../src/core/statement/statement.ts';
import { Refusal } from '../../../src/core/verdict.ts';
import { STATEMENT, statementJson } from '../../support/forge/statement.ts';
import type { Json } from '../../support/forge.ts';

const HASH = '1'.repeat(40);
const text = Buffer.from(STATEMENT).toString();

function isRefused(bytes: Uint8Array): boolean {
  try {
    readStatement(bytes);
    return false;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'statement-malformed') return true;
    throw error;
  }
}

const changed = (change: (json: Json) => void): Uint8Array => {
  const json = statementJson();
  change(json);
  return utf8(JSON.stringify(json));
};

describe('a statement', () => {
  it('is read with its subjects, type and predicate, and written as it was read', () => {
    const statement: Statement = {
      subjects: [
        { type: 'commit', id: HASH, name: 'HEAD', annotations: { sourceRefs: ['refs/heads/x'] } },
        { type: 'tag', id: '2'.repeat(64), uri: 'git+https://git.example.test/x' },
        { type: 'tree', id: '3'.repeat(40) },
      ],
      predicateType: 'urn:git-signet:approval:v1',
      predicate: { deep: [{ er: [1, -1.5, 2 ** 53 - 1, true, null, 'ü\u{1f511}'] }] },
    };
    const bytes = writeStatement(statement);
    expect(readStatement(bytes)).toEqual(statement);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { gitCommit: HASH } }, { digest: { gitTag: '2'.repeat(64) } }, {}],
    });
    expect(isRefused(STATEMENT)).toBe(false);
  });

  it('is not written if no reader would accept it', () => {
    const statement = readStatement(STATEMENT);
    const write = (change: Partial<Statement>) => () => writeStatement({ ...statement, ...change });
    expect(write({})).not.toThrow();
    expect(write({ subjects: [] })).toThrow(Refusal);
    expect(write({ subjects: [{ type: 'commit', id: 'HEAD' }] })).toThrow(Refusal);
    expect(write({ predicateType: '' })).toThrow(Refusal);
    expect(write({ predicate: { big: 2 ** 60 } })).toThrow(Refusal);
  });

  it.each<[string, (json: Json) => void]>([
    ['another type', (json) => (json._type = 'https://in-toto.io/Statement/v0.1')],
    ['no type', (json) => delete json._type],
    ['no predicate', (json) => delete json.predicate],
    ['a predicate that is a list', (json) => (json.predicate = [])],
    ['no predicate type', (json) => delete json.predicateType],
    ['a predicate type that is no URI', (json) => (json.predicateType = 'review')],
    ['a predicate type with a line end', (json) => (json.predicateType = 'urn:x:\ny')],
    ['an unknown field', (json) => (json.note = '')],
    ['the field of another spelling', (json) => (json.predicate_type = 'urn:x')],
    ['no subject', (json) => (json.subject = [])],
    ['a subject that is no list', (json) => (json.subject = json.subject[0])],
    ['too many subjects', (json) => (json.subject = Array(1025).fill(json.subject[0]))],
    ['a subject without a digest', (json) => (json.subject = [{ name: 'x' }])],
    ['a subject of a file', (json) => (json.subject[0].digest = { sha256: '1'.repeat(64) })],
    ['a subject with two digests', (json) => (json.subject[0].digest.gitTree = HASH)],
    ['a subject with an unknown field', (json) => (json.subject[0].content = 'x')],
    ['a shortened hash', (json) => (json.subject[0].digest.gitCommit = '1'.repeat(12))],
    ['a hash in capitals', (json) => (json.subject[0].digest.gitCommit = 'A'.repeat(40))],
    ['a hash that is a list', (json) => (json.subject[0].digest.gitCommit = [HASH])],
    ['a name that is a number', (json) => (json.subject[0].name = 1)],
    ['annotations that are a text', (json) => (json.subject[0].annotations = 'x')],
  ])('with %s is refused (A2)', (_name, change) => {
    expect(isRefused(changed(change))).toBe(true);
  });

  it.each<[string, string | Uint8Array]>([
    ['a name twice', text.replace('{', '{"_type":"https://in-toto.io/Statement/v1",')],
    ['a name twice, once escaped', text.replace('{', '{"\\u005ftype":"x",')],
    ['a name twice in its predicate', text.replace('"verdict"', '"verdict":1,"verdict"')],
    ['a name twice, deep in a list', text.replace('"good"', '[{"a":1,"b":[],"a":2}]')],
    ['a name that sets a prototype', text.replace('"verdict"', '"__proto__"')],
    ['half of a surrogate pair', text.replace('good', '\\ud800')],
    ['a number that readers round', text.replace('"good"', '9007199254740993')],
    ['a number without end', text.replace('"good"', '1e999')],
    ['a comment', text.replace('{', '{/* */')],
    ['a comma at its end', `${text.slice(0, -1)},}`],
    ['a second value', `${text}{}`],
    ['a control character', text.replace('good', 'go\u0001od')],
    ['white space before it', ` ${text}`],
    ['a byte order mark', `\ufeff${text}`],
    ['bytes that are not UTF-8', Buffer.from(text.replace('good', 'g\xffod'), 'latin1')],
    ['no bytes', ''],
    ['a text that does not end', `${text.slice(0, -3)}`],
    ['a list around it', `[${text}]`],
  ])('with %s is refused (A2)', (_name, bytes) => {
    expect(isRefused(typeof bytes === 'string' ? utf8(bytes) : bytes)).toBe(true);
  });

  it.each([
    ['a name that stands in two objects', '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}'],
    ['a text that looks like a name', '{"a":"a","b":"a\\"a"}'],
    ['quotes and slashes at the end of texts', '{"a":"\\\\","b":"\\\\\\"","c":"x"}'],
    ['white space and escapes', '{ "a" :\n[ "\\ud83d\\udd11" , 1e2 , -0 ] }'],
    ['brackets within a text', '{"a":"}],{[","b":1}'],
  ])('with %s is read', (_name, predicate) => {
    const bytes = utf8(text.replace('{"verdict":"good"}', predicate));
    expect(readStatement(bytes).predicate).toEqual(JSON.parse(predicate));
  });

  it('over its size or its depth is refused before it is parsed (A8)', () => {
    const filled = (length: number) =>
      utf8(text.replace('good', 'x'.repeat(length - text.length + 4)));
    expect(filled(MAX_STATEMENT)).toHaveLength(MAX_STATEMENT);
    expect(isRefused(filled(MAX_STATEMENT))).toBe(false);
    expect(isRefused(filled(MAX_STATEMENT + 1))).toBe(true);
    const nested = (depth: number) =>
      utf8(text.replace('"good"', `${'['.repeat(depth)}${']'.repeat(depth)}`));
    expect(isRefused(nested(62))).toBe(false);
    expect(isRefused(nested(63))).toBe(true);
    expect(isRefused(utf8('{"a":'.repeat(1_000_000)))).toBe(true);
    expect(isRefused(utf8(`{"a":"${'\\'.repeat(1_000_001)}`))).toBe(true);
  });

  it('is told in one line with its type and its first subject', () => {
    expect(statementLine(STATEMENT)).toBe(
      'https://example.test/predicate/v1 about commit 111111111111',
    );
    const two = changed((json) => json.subject.push({ digest: { gitTree: HASH } }));
    expect(statementLine(two)).toContain('111111111111 and 1 more');
  });
});
