import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import {
  hostileSamples,
  judgedCommit,
  outcome,
  plainSamples,
  reported,
} from '../support/judged-samples.ts';

const file = new URL('../vectors/schemas/sarif-2.1.0.json', import.meta.url);
const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
const validate = ajv.compile(schema);

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly level: string;
      readonly message: { readonly text: string };
    }[];
  }[];
}

function sarif(samples: Parameters<typeof reported>[1]): Sarif {
  const document: unknown = JSON.parse(reported('sarif', samples).text);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return document as Sarif;
}

describe('SARIF', () => {
  it('SARIF follows the schema of 2.1.0, with results of every status', () => {
    const [run] = sarif(plainSamples()).runs;
    expect(run?.results.map(({ ruleId, level }) => `${level} ${ruleId}`)).toEqual([
      ...['note committer-differs', 'error content-digest-differs', 'error identity-not-allowed'],
      ...['error unsigned', 'warning log-unreachable'],
    ]);
    const rules = run?.tool.driver.rules.map(({ id }) => id);
    expect(new Set(rules)).toEqual(new Set(run?.results.map(({ ruleId }) => ruleId)));
  });

  it('the SARIF schema refuses a document that does not follow it', () => {
    const good = sarif(plainSamples());
    expect(validate({ ...good, runs: [{ ...good.runs[0], tool: {} }] })).toBe(false);
    expect(validate({ ...good, version: '2.0.0' })).toBe(false);
  });

  it('hostile text in SARIF forms no control character, link or placeholder (S10, S11)', () => {
    const { text } = reported('sarif', hostileSamples());
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]|##\w*\[/u);
    for (const { message } of sarif(hostileSamples()).runs[0]?.results ?? []) {
      expect(message.text.replaceAll('\\\\', '').replaceAll(/\\[[\]]/g, '')).not.toMatch(/[[\]]/);
      expect(message.text.replaceAll(/\{\{|\}\}/g, '')).not.toMatch(/[{}]/);
    }
  });

  it('SARIF is valid without results, and without objects', () => {
    const { findings: ___, ...verified } = outcome('verified') as { findings?: unknown } & object;
    const good = judgedCommit(verified as ReturnType<typeof outcome>);
    expect(sarif([good]).runs[0]?.results).toEqual([]);
    expect(sarif([]).runs[0]?.results).toEqual([]);
  });
});
