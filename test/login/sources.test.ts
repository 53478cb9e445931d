import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ciSystem, SOURCE_NAMES, SOURCES, type TokenSource } from '../../src/login/ci/sources.ts';

const rows: readonly (readonly [string, TokenSource])[] = Object.entries(SOURCES);

describe('the table of token sources', () => {
  it('docs/logins.md names every source', () => {
    const docs = readFileSync(new URL('../../docs/logins.md', import.meta.url), 'utf8');
    expect(SOURCE_NAMES.filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
  });

  it.each(rows)('%s offers itself in no empty environment, and says what to do', (_name, row) => {
    expect(row.offered({}, {})).toBe(false);
    expect(row.service).not.toBe('');
    expect(row.remedy.length).toBeGreaterThan(20);
  });

  it.each(rows.filter(([, { job }]) => job !== undefined))(
    'in a job of %s that offers no token, its own remedy is told',
    (_name, { job = '', service, remedy }) => {
      expect(ciSystem({ [job]: 'true', CI: 'true' })).toEqual({ name: service, remedy });
      expect(ciSystem({ [job]: 'false' })).toBeUndefined();
    },
  );

  it('an unknown CI system is one too', () => {
    expect(ciSystem({ CI: 'true' })?.name).toBe('CI');
    expect(ciSystem({ CI: '0' })).toBeUndefined();
  });
});
