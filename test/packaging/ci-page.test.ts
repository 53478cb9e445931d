import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ROOT, readAction, readComponent } from '../support/ci-steps.ts';

const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
const component = readComponent(readFileSync(join(ROOT, 'templates/gate.yml'), 'utf8'));
const ACTIONS = {
  'OWNER/git-signet@REV': readAction('action.yml'),
  'OWNER/git-signet/setup@REV': readAction('setup/action.yml'),
} as const;

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Sample {
  readonly steps?: readonly Step[];
  readonly jobs?: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
  readonly include?: readonly {
    readonly component: string;
    readonly inputs: Readonly<Record<string, unknown>>;
  }[];
}

/** The page's YAML, each block without the indentation of its list. */
const blocks = [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(
  ([, indent = '', text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);
const samples = blocks.flatMap((text) =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Sample;
  }),
);
const jobs = samples.flatMap(({ steps, jobs: named = {} }) => [
  ...(steps === undefined ? [] : [steps]),
  ...Object.values(named).map((job) => job.steps),
]);
const actionOf = ({ uses }: Step) => Object.entries(ACTIONS).find(([name]) => name === uses)?.[1];

describe('the page about CI', () => {
  it('gives the actions only inputs that they have', () => {
    const given = jobs.flat().flatMap((step) => {
      const action = actionOf(step);
      return action === undefined
        ? []
        : Object.keys(step.with ?? {}).map((name) => [name, name in action.inputs]);
    });
    expect(Object.fromEntries(given)).toEqual({ attest: true, sign: true, program: true });
    expect(jobs.flat().filter((step) => actionOf(step) !== undefined)).toHaveLength(5);
  });

  it('reads only outputs that the actions have', () => {
    const asked = [...page.matchAll(/\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}/g)];
    expect(asked.length).toBeGreaterThan(2);
    for (const [, id, output = ''] of asked) {
      const step = jobs.flat().find((one) => one.id === id);
      expect(Object.keys(actionOf(step ?? {})?.outputs ?? {})).toContain(output);
    }
  });

  it('clones all of the history before every gate', () => {
    const gated = jobs.filter((steps) => steps.some(({ uses }) => uses === 'OWNER/git-signet@REV'));
    expect(gated).toHaveLength(3);
    for (const [checkout] of gated) expect(checkout?.with).toEqual({ 'fetch-depth': 0 });
  });

  it('includes the component by its name, with inputs that it has', () => {
    const included = samples.flatMap(({ include = [] }) => include);
    expect(included).toHaveLength(2);
    for (const one of included) {
      expect(one.component).toMatch(/\/git-signet\/gate@REV$/);
      expect(Object.keys(component.inputs)).toEqual(
        expect.arrayContaining(Object.keys(one.inputs)),
      );
    }
  });

  it('lists every input and output', () => {
    const table = page.slice(page.indexOf('## Inputs'));
    const columns = [
      ACTIONS['OWNER/git-signet@REV'],
      ACTIONS['OWNER/git-signet/setup@REV'],
      component,
    ];
    const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    columns.forEach(({ inputs }, at) => {
      const listed = rows
        .filter((row) => row[2 + at] === 'yes')
        .flatMap(([, names = '']) => names.split(', ').map((name) => name.replaceAll('`', '')));
      expect(listed.toSorted()).toEqual(Object.keys(inputs).toSorted());
    });
    for (const name of Object.keys(ACTIONS['OWNER/git-signet@REV'].outputs)) {
      expect(page).toContain(`| \`${name}\` |`);
    }
  });
});

describe('the actions', () => {
  it.each(Object.values(ACTIONS))('$name says what each input and output is', (action) => {
    expect(action.runs.using).toBe('composite');
    expect(action.branding.icon).toMatch(/^[a-z-\d]+$/);
    expect([
      'white',
      'black',
      'yellow',
      'blue',
      'green',
      'orange',
      'red',
      'purple',
      'gray-dark',
    ]).toContain(action.branding.color);
    // what the marketplace takes
    expect(action.description.length).toBeLessThanOrEqual(125);
    for (const { description } of Object.values({ ...action.inputs, ...action.outputs })) {
      expect(description.length).toBeGreaterThan(15);
    }
  });
});
