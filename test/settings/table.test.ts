import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/settings/load.ts';
import { DEFAULTS } from '../../src/settings/settings.ts';
import {
  flagOf,
  SETTING_GROUPS,
  SETTING_NAMES,
  SETTINGS,
  variablesOf,
} from '../../src/settings/table.ts';

const read = async (name: (typeof SETTING_NAMES)[number], text: string): Promise<unknown> =>
  (await loadSettings({ env: {}, cwd: '/', gitConfig: '', flags: { [name]: text } }))[name];

describe('the table of settings', () => {
  it.each(SETTING_NAMES)(
    'the example of %s is a value that it takes, and not its default',
    async (name) => {
      const value = await read(name, SETTINGS[name].example);
      expect(value).toBeDefined();
      expect(value).not.toBe((DEFAULTS as Readonly<Record<string, unknown>>)[name]);
    },
  );

  it.each(SETTING_NAMES)('the default of %s is a value that it takes', async (name) => {
    const { default: usual } = SETTINGS[name];
    if (usual !== undefined) expect(await read(name, String(usual))).toBe(usual);
    expect(await read(name, '')).toBe(SETTINGS[name].kind === 'boolean' ? false : usual);
  });

  it.each(SETTING_NAMES)('the meaning of %s is one clause of at most one line', (name) => {
    const { meaning } = SETTINGS[name];
    expect(meaning).toMatch(/^[^\s].{10,84}[^.\s]$/);
  });

  it('every setting is in one group', () => {
    const grouped = Object.values(SETTING_GROUPS).flatMap((rows) => Object.keys(rows));
    expect(grouped.sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('no two settings have a variable, a flag or a word of gitsign in common', () => {
    const rows = SETTING_NAMES.map((name) => SETTINGS[name]);
    const words = [
      SETTING_NAMES.flatMap(variablesOf),
      [...SETTING_NAMES.map(flagOf), ...rows.flatMap(({ aliases = [] }) => aliases)],
      rows.flatMap(({ gitsign }) => (gitsign === undefined ? [] : [gitsign])),
    ];
    for (const list of words) expect(list.length).toBe(new Set(list).size);
  });
});
