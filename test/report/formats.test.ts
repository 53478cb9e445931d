import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORMATS, type FormatName } from '../../src/report/formats.ts';
import { hostileSamples, plainSamples, reported } from '../support/judged-samples.ts';

const NAMES = Object.keys(FORMATS) as FormatName[];

describe('the table of report formats', () => {
  it.each(NAMES)('a %s report differs if one verdict differs', (name) => {
    const good = plainSamples().filter(({ verdict }) => verdict.status === 'verified');
    const { text } = reported(name, good);
    expect(text.endsWith('\n')).toBe(true);
    expect(reported(name, plainSamples()).text).not.toBe(text);
  });

  it.each(NAMES)('a %s report holds no control character of a stranger (S10)', (name) => {
    const { text } = reported(name, hostileSamples());
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('docs/gate.md lists exactly the report formats', () => {
    const docs = readFileSync(new URL('../../docs/gate.md', import.meta.url), 'utf8');
    const table = docs.slice(docs.indexOf('| `--format`'));
    const rows = table.slice(0, table.indexOf('\n\n')).split('\n').slice(2);
    const listed = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)]);
    expect(listed.map(([, name]) => name).sort()).toEqual([...NAMES].sort());
  });
});
