import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createGithub } from '../../src/report/github.ts';
import { createHtml } from '../../src/report/html.ts';
import { JSON_HEAD, jsonLineTail, jsonTail } from '../../src/report/json.ts';
import { createJunit } from '../../src/report/junit.ts';
import { factsLine, type RunFacts } from '../../src/report/run-facts.ts';
import { createSarif } from '../../src/report/sarif.ts';
import { createVsa } from '../../src/report/vsa.ts';
import { schemaFaults } from '../support/json-schema.ts';
import { countsOf, plainSamples, reported } from '../support/judged-samples.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/verify-result.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

const digest = 'd'.repeat(64);
const facts: RunFacts = {
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

describe('a report says by what it was judged, who named it, and what did not count (P20)', () => {
  it('text: one line', () => {
    for (const said of WORDS) expect(factsLine(facts)).toContain(said);
  });

  it('json, as its schema says', () => {
    const text = `${JSON_HEAD}${jsonTail(countsOf([]), facts)}`;
    const report = JSON.parse(text) as Record<string, unknown>;
    expect(report).toMatchObject(expected);
    expect(schemaFaults(report, schema)).toEqual([]);
    const none = { trust: facts.trust, policy: undefined };
    expect(JSON.parse(`${JSON_HEAD}${jsonTail(countsOf([]), none)}`)).toMatchObject({
      ...{ policy: null, since: null, ignored: [] },
    });
  });

  it('jsonl: on each line', () => {
    expect(JSON.parse(`{"a":1${jsonLineTail(facts)}`)).toEqual({ a: 1, ...expected });
  });

  it.each([
    ['github', createGithub, 'summary'],
    ['html', createHtml, 'text'],
  ] as const)('%s', (output, create, where) => {
    const text = reported(output, create, plainSamples(), facts)[where];
    for (const said of WORDS) expect(words(text)).toContain(said);
    expect(text).not.toContain('<b>\u001b');
    expect(text).not.toContain('\u001b');
  });

  it('junit: properties, the policy under the name that it always had', () => {
    const { text } = reported('junit', createJunit, plainSamples(), facts);
    expect(text).toContain(`<property name="policy" value="main:.signet.yaml ${digest}"/>`);
    expect(text).toContain('<property name="policy-origin" value="--policy-from main"/>');
    for (const said of WORDS.slice(1)) expect(words(text)).toContain(said);
    expect(text).not.toContain('\u001b');
  });

  it('sarif: properties of the run', () => {
    const { text } = reported('sarif', createSarif, plainSamples(), facts);
    expect(JSON.parse(text)).toMatchObject({ runs: [{ properties: expected }] });
  });

  it('vsa', () => {
    const { text } = reported('tally', createVsa, plainSamples(), facts);
    expect(JSON.parse(text)).toMatchObject({ predicate: { gitSignet: expected } });
  });
});
