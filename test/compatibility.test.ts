/** The compatibility page names versions and codes that are the code's. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROTOCOL } from '../src/agent/wire/protocol.ts';
import { ExitCode } from '../src/errors.ts';
import { SCHEMA_VERSION } from '../src/report/json.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const page = read('docs/compatibility.md');

/** The second cell of the table's row whose first cell is this. */
const cell = (first: string): string | undefined =>
  page
    .split('\n')
    .map((line) => line.split('|').map((text) => text.trim()))
    .find(([, name]) => name === first)?.[2];

describe('docs/compatibility.md', () => {
  it('names the version of the policy file that the schema and the parser take', () => {
    const schema = JSON.parse(read('schema/policy.schema.json'));
    expect(cell('policy file')).toBe(String(schema.properties.version.const));
    expect(read('src/core/policy/policy.ts')).toContain(
      `policy.version !== ${cell('policy file')}`,
    );
  });

  it('names the version of the results that reports carry and the schema describes', () => {
    const named = cell('results of `verify` and `show`');
    expect(named).toBe(String(SCHEMA_VERSION));
    const schema = read('schema/verify-result.schema.json');
    expect(
      [...schema.matchAll(/"schemaVersion": \{ "const": (\d+) \}/g)].map(([, n]) => n),
    ).toEqual([named, named]);
  });

  it("names the agent protocol's version", () => {
    expect(cell('agent protocol')).toBe(String(PROTOCOL));
  });

  it('lists every exit code, and no other', () => {
    const listed = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(ExitCode));
  });

  it('lists every status that a result may have', () => {
    const schema = JSON.parse(read('schema/verify-result.schema.json'));
    const { enum: statuses } = schema.$defs.status as { enum: string[] };
    const [, line = ''] = /^- `status` has five values: (.*?)\. /m.exec(page) ?? [];
    const named = [...line.matchAll(/`([a-z-]+)`/g)].map(([, status]) => status);
    expect(named.toSorted()).toEqual(statuses.toSorted());
  });
});
