import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Row {
  readonly id: string;
  readonly attack: string;
  readonly defence: string;
  /** A file that holds the defence, or why none can. */
  readonly test: string;
}

function rowsOf(page: string): readonly Row[] {
  return page.split('\n').flatMap((line) => {
    const [, id, attack = '', defence = '', test = ''] =
      /^\| ([A-Z]\d+) \| (.*?) \| (.*?) \| (.*) \|$/.exec(line) ?? [];
    return id === undefined ? [] : [{ id, attack, defence, test }];
  });
}

const rows = rowsOf(readFileSync(`${root}docs/threats.md`, 'utf8'));
const held = rows.filter(({ test }) => test.startsWith('`test/'));
const excused = rows.filter((row) => !held.includes(row));

const naming = (id: string): RegExp => new RegExp(`(?<![A-Za-z0-9])${id}(?![0-9])`);

/** Text of every file below a folder whose name fits. */
function textsBelow(folder: string, fits: RegExp): readonly string[] {
  const names = readdirSync(root + folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => fits.test(name))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'));
}

const ID = '[A-Z](?:\\d\\d|[1-9])';
/** Ids in brackets, behind `threat`, or at the beginning of a test's name. */
const CITED = new RegExp(
  `\\((?:threats? |trap )?(?:${ID}(?:, | and )?)+\\)|\\b(?:threats?|trap) (?:${ID}(?:, | and )?)+|(?<=[\`'])(?:${ID} )+(?=\\S)`,
  'g',
);

const idsIn = (text: string): readonly string[] =>
  (text.match(CITED) ?? []).flatMap((ids) => ids.match(new RegExp(`\\b${ID}\\b`, 'g')) ?? []);

describe('the list of threats', () => {
  it('has no gap and no id twice', () => {
    const letters = Map.groupBy(rows, ({ id }) => id[0]);
    const gaps = [...letters.values()].filter((section) =>
      section.some(({ id }, index) => Number(id.slice(1)) !== index + 1),
    );
    expect(gaps).toEqual([]);
    expect(rows.length).toBeGreaterThan(190);
  });

  it('says of each threat what the attack and the defence are', () => {
    const empty = rows.filter(({ attack, defence }) => attack.length < 10 || defence.length < 10);
    expect(empty).toEqual([]);
  });

  it.each(held)('$id is named by the test that the list gives', ({ id, test }) => {
    const file = root + test.replaceAll('`', '');
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toMatch(naming(id));
  });

  it('excuses only what the program does not do', () => {
    expect(excused.map(({ id }) => id)).toEqual(['L17']);
  });

  it('has every id that the source and the names of tests cite', () => {
    const texts = [...textsBelow('src', /\.ts$/), ...textsBelow('test', /(?<!threats)\.test\.ts$/)];
    const cited = texts.flatMap(idsIn);
    const known = new Set(rows.map(({ id }) => id));
    expect(cited.length).toBeGreaterThan(500);
    expect([...new Set(cited)].filter((id) => !known.has(id))).toEqual([]);
    expect(
      idsIn("// hidden (Q99)\nit('Q98 refuses', …); it('a lie is refused (Q97, Q96)', …)"),
    ).toEqual(['Q99', 'Q98', 'Q97', 'Q96']);
  });

  it('a gap, a wrong file and an unknown id are seen', () => {
    const page = '| G01 | one way in | one way out | `test/nowhere.test.ts` |\n| G03 | a | b | c |';
    const [first] = rowsOf(page);
    expect(rowsOf(page).map(({ id }) => id)).toEqual(['G01', 'G03']);
    expect(existsSync(root + first?.test.replaceAll('`', ''))).toBe(false);
    expect('a test of G180').not.toMatch(naming('G18'));
  });
});
