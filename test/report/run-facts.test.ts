import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS, type FormatName } from '../../src/report/formats.ts';
import { factsLine, type RunFacts } from '../../src/report/run-facts.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { plainSamples, reported } from '../support/judged-samples.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/verify-result.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

const digest = 'd'.repeat(64);
const facts: RunFacts = {
  repository: 'parser',
  trust: { source: '/t/root.json', digest, origin: 'signet.trust (/home/a/.gitconfig)' },
  policy: { source: 'main:.signet.yaml', digest, origin: '--policy-from main' },
  since: { commit: 'e'.repeat(40), origin: 'signet.since (/home/a/.gitconfig)' },
  ignored: [{ key: 'signet.policy', origin: '/tmp/<b>\u001b[31m/.git/config' }],
};
const expected = {
  trust: facts.trust,
  policy: facts.policy,
  since: facts.since,
  ignored: [{ setting: 'signet.policy', origin: '/tmp/<b>\u001b[31m/.git/config' }],
};

/** The same in words, as every format for people has it. */
const WORDS = [
  'main:.signet.yaml (--policy-from main)',
  '/t/root.json (signet.trust (/home/a/.gitconfig))',
  `${'e'.repeat(12)} (signet.since (/home/a/.gitconfig))`,
  'signet.policy (/tmp/',
];
/** Without mark-up and entities. */
const words = (text: string): string =>
  text
    .replaceAll(/<\/?code>/g, '')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll('&lt;', '<');

/** What each format writes with the mark-up and the escapes of its own taken out. */
function plainText({ text, summary }: { readonly text: string; readonly summary: string }): string {
  return words(text + summary).replaceAll(/\\u001b|\\"/g, '');
}

describe('a report names policy, trust root and start, where each was named, and settings that did not count (P20)', () => {
  it('the line of facts has all of them', () => {
    for (const said of WORDS) expect(factsLine(facts)).toContain(said);
  });

  // text says them on the terminal, by the line of facts
  it.each(Object.keys(FORMATS).filter((name) => name !== 'text') as FormatName[])(
    'the %s report names all of them, and holds no escape sequence',
    (output) => {
      const made = reported(output, plainSamples(), facts);
      const plain = plainText(made);
      for (const said of [
        'main:.signet.yaml',
        '--policy-from main',
        '/t/root.json',
        'signet.trust (/home/a/.gitconfig)',
        'e'.repeat(12),
        'signet.since (/home/a/.gitconfig)',
        'signet.policy',
        '/tmp/',
      ]) {
        expect(plain).toContain(said);
      }
      expect(made.text + made.summary).not.toContain('\u001b');
    },
  );

  it('the json report has the facts of the run as its schema says', () => {
    const report = JSON.parse(reported('json', plainSamples(), facts).text) as Record<
      string,
      unknown
    >;
    expect(report).toMatchObject(expected);
    expect(schemaFaults(report, schema)).toEqual([]);
    const none = reported('json', [], { policy: undefined }).text;
    expect(JSON.parse(none)).toMatchObject({ results: [], policy: null, since: null, ignored: [] });
  });

  it('the jsonl report has the facts of the run on each line', () => {
    const lines = reported('jsonl', plainSamples(), facts).text.trimEnd().split('\n');
    expect(lines).toHaveLength(plainSamples().length);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject(expected);
  });

  it('the JUnit report has the facts as properties, and the policy under its old name', () => {
    const { text } = reported('junit', plainSamples(), facts);
    expect(text).toContain(`<property name="policy" value="main:.signet.yaml ${digest}"/>`);
    expect(text).toContain('<property name="policy-origin" value="--policy-from main"/>');
    for (const said of WORDS.slice(1)) expect(words(text)).toContain(said);
    expect(text).not.toContain('\u001b');
  });

  it('the SARIF report has the facts as properties of the run', () => {
    const { text } = reported('sarif', plainSamples(), facts);
    expect(JSON.parse(text)).toMatchObject({ runs: [{ properties: expected }] });
  });

  it('the vsa report has the facts of the run', () => {
    const { text } = reported('vsa', plainSamples(), facts);
    expect(JSON.parse(text)).toMatchObject({
      subject: [{ annotations: { gitSignet: expected } }],
    });
  });
});
