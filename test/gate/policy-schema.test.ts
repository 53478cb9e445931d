import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { utf8 } from '../../src/core/bytes.ts';
import { parsePolicy } from '../../src/gate/policy/file.ts';
import { nodeCrypto } from '../../src/system/crypto.ts';
import { POLICY_CORPUS } from '../support/policy-corpus.ts';

const url = new URL('../../schema/policy.schema.json', import.meta.url);
const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(url, 'utf8')) as object);
const parse = (text: string) => parsePolicy(utf8(text), 'policy.yaml', nodeCrypto);

describe('the policy parser and the schema agree (X11)', () => {
  it.each(POLICY_CORPUS)('$name', async ({ text, fault, beyondSchema = false }) => {
    if (fault === undefined) await expect(parse(text)).resolves.toBeDefined();
    else {
      await expect(parse(text)).rejects.toMatchObject({
        code: 'POLICY_FILE',
        exitCode: 2,
        message: expect.stringMatching(fault),
      });
      await expect(parse(text)).rejects.toThrow(/policy\.yaml, line \d+, column \d+: /);
    }
    const accepted = validate(parseYaml(text));
    expect(accepted, JSON.stringify(validate.errors)).toBe(fault === undefined || beyondSchema);
  });
});

describe('what a policy becomes', () => {
  it('a policy has its roles resolved, days end with their last second, and presets have their keys', async () => {
    const policy = await parse(`version: 1
signers:
  - { name: a, identity: a@x.test, issuer: i, until: 2026-01-31 }
  - { name: web, preset: github-web-flow }
roles: { all: [a, web] }
commits: [{ by: [all, a] }]
`);
    expect(policy.rules[0]?.until).toBe(Date.UTC(2026, 1, 1) / 1000 - 1);
    expect(policy.commits?.[0]?.by).toEqual(['a', 'web']);
    expect(policy.keys?.map(({ from, until }) => [from, until])).toEqual([
      [1502898241, 1705435200],
      [1705428342, undefined],
    ]);
  });
});
