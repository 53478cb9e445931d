import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../src/core/bytes.ts';
import { readServeLine } from '../../../src/gate/serve/question.ts';

const schemaOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../schema/${name}`, import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: false });
ajv.addSchema(schemaOf('serve.schema.json'), 'serve');
const isQuestion = ajv.compile({ $ref: 'serve#/$defs/question' });

const ID = 'a'.repeat(40);
const B64 = Buffer.from('tree').toString('base64');

/** Each good line stands before the nearest bad ones. */
const GOOD: readonly object[] = [
  { id: '1', object: ID },
  { id: '1', object: 'b'.repeat(64), policy: 'main', deadlineMs: 1 },
  { id: 'x'.repeat(128), object: ID, deadlineMs: 600_000 },
  { id: '1', raw: B64, type: 'commit' },
  { id: '1', raw: B64, type: 'tag', object: ID, format: 'sha1', alone: true, policy: 'p' },
  { id: '1', payload: B64, signature: B64, format: 'sha256', alone: false },
  { id: '1', reload: true },
  { cancel: '1' },
];
const BAD: readonly unknown[] = [
  [],
  null,
  'text',
  {},
  { id: '1' },
  { id: '', object: ID },
  { id: 1, object: ID },
  { id: 'x'.repeat(129), object: ID },
  { id: '1', object: ID.toUpperCase() },
  { id: '1', object: 'HEAD' },
  { id: '1', object: `--${ID.slice(2)}` },
  { id: '1', object: ID, alone: true },
  { id: '1', object: ID, extra: 1 },
  { id: '1', object: ID, policy: 1 },
  { id: '1', object: ID, policy: { signers: [] } },
  { id: '1', object: ID, deadlineMs: 0 },
  { id: '1', object: ID, deadlineMs: 1.5 },
  { id: '1', object: ID, deadlineMs: 600_001 },
  { id: '1', object: ID, deadlineMs: '5' },
  { id: '1', raw: B64 },
  { id: '1', raw: B64, type: 'blob' },
  { id: '1', raw: B64, type: 'commit', payload: B64 },
  { id: '1', raw: B64, type: 'commit', format: 'md5' },
  { id: '1', raw: B64, type: 'commit', alone: 1 },
  { id: '1', raw: 5, type: 'commit' },
  { id: '1', payload: B64 },
  { id: '1', signature: B64 },
  { id: '1', payload: B64, signature: B64, type: 'commit' },
  { id: '1', reload: false },
  { id: '1', reload: true, object: ID },
  { id: '1', cancel: '1' },
  { cancel: 1 },
];

const read = (value: unknown) => readServeLine(utf8(JSON.stringify(value)));

describe('the reader and the schema agree about questions', () => {
  it.each(GOOD)('the question %j is read, and the schema describes it', (question) => {
    expect(read(question)).toHaveProperty('line');
    expect(isQuestion(question), JSON.stringify(isQuestion.errors)).toBe(true);
  });

  it.each(BAD)('the line %j is no question for the reader, nor for the schema', (line) => {
    expect(read(line)).toHaveProperty('problem');
    expect(isQuestion(line)).toBe(false);
  });
});

describe('lines that are no JSON', () => {
  const codeOf = (line: Uint8Array | string): string => {
    const result = readServeLine(typeof line === 'string' ? utf8(line) : line);
    return 'problem' in result ? result.problem.code : 'none';
  };

  it('garbage is a bad line and throws nothing', () => {
    const deep = '['.repeat(100_000);
    for (const line of ['x', '{', '{"id":"1"', '"', deep, `${deep}1`, '\u0000', '{"id":"1"}{}']) {
      expect(['BAD_LINE', line.slice(0, 9)]).toEqual([codeOf(line), line.slice(0, 9)]);
    }
    expect(codeOf(Uint8Array.of(0x22, 0xff, 0x22))).toBe('BAD_LINE');
  });

  it('a line with very many values is refused before it is parsed (I05, Q6)', () => {
    const many = `{"id":"1","object":[${'[],'.repeat(1000)}[]]}`;
    expect(codeOf(many)).toBe('BAD_LINE');
    expect(codeOf('{"id":"1","object":[[],[]]}')).toBe('BAD_QUESTION');
  });

  it('a field that stands twice is a bad line, because another reader may take the other one (Q6)', () => {
    const twice = (name: string, value: string) =>
      codeOf(`{"id":"1","object":"${ID}","policy":"main","${name}":"${value}"}`);
    expect(twice('policy', 'other')).toBe('BAD_LINE');
    expect(twice('object', 'b'.repeat(40))).toBe('BAD_LINE');
    expect(twice('\\u0069d', '2')).toBe('BAD_LINE');
    expect(codeOf(`{"id":"1","object":"${ID}","policy":"main"}`)).toBe('none');
  });

  it('base64 that another reader would decode otherwise is refused', () => {
    for (const raw of ['QQ', 'QR==', 'QQ==\n', 'Q Q==', '-_==', '=']) {
      expect([raw, 'problem' in read({ id: '1', raw, type: 'commit' })]).toEqual([raw, true]);
    }
  });

  it('an error names the question, if the line has an id', () => {
    expect(read({ id: 'seven', object: 'HEAD' })).toMatchObject({ id: 'seven' });
    expect(read({ object: ID })).toMatchObject({ id: undefined });
  });
});

it('the schema of serve describes results as the schema of verify does', () => {
  const { $defs: own } = schemaOf('serve.schema.json');
  const { $defs: theirs } = schemaOf('verify-result.schema.json');
  const { report: _, counts: __, ...shared } = theirs;
  expect(own).toMatchObject(shared);
  for (const [name, definition] of Object.entries(shared)) expect(own[name]).toEqual(definition);
});
