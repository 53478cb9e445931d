import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TARGETS } from '../../scripts/packaging/targets.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = '.github/workflows';
const FILES = [...readdirSync(`${root}/${FOLDER}`).map((name) => `${FOLDER}/${name}`)];

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
  readonly strategy?: { readonly matrix: { readonly include: readonly { target: string }[] } };
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');
const workflow = (path: string): Workflow => parse(read(path)) as Workflow;
const jobsOf = (path: string): readonly Job[] => Object.values(workflow(path).jobs);

/** Actions that are not named by the hash of a commit and the release that it is. */
const unpinned = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => /\buses:/.test(line))
    .filter((line) => !/uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line));

/** Programs of the tree that a text starts. */
const programsOf = (text: string): readonly string[] => [
  ...new Set(
    [...text.matchAll(/(?<![\w/.-])((?:ci|scripts|\.ci)\/[\w-]+)(?![\w./-])/g)].flatMap(
      (match) => match[1] ?? [],
    ),
  ),
];

describe('the workflows', () => {
  it.each(FILES)('%s names every action by its hash and its release', (path) => {
    expect(unpinned(read(path))).toEqual([]);
  });

  it('an action by a tag or a branch is seen', () => {
    const lines = ['- uses: actions/checkout@v6', '- uses: actions/checkout@main # v6.0.2'];
    expect(unpinned(lines.join('\n'))).toEqual(lines);
  });

  it.each([...FILES, 'ci/release.gitlab.yml'])('%s starts programs that are there', (path) => {
    const programs = programsOf(read(path));
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      expect(() => accessSync(`${root}/${program}`, constants.X_OK), program).not.toThrow();
    }
  });

  it.each(FILES)('%s gives no job more than it names, and each a limit', (path) => {
    expect(Object.values(workflow(path).permissions ?? { all: 'write' })).not.toContain('write');
    for (const job of jobsOf(path)) expect(job['timeout-minutes']).toBeLessThanOrEqual(100);
  });

  it.each(FILES)('%s puts no value of the event into a script', (path) => {
    const scripts = jobsOf(path).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
  });

  it('only the job that makes the release on GitHub may write to the repository', () => {
    const writing = Object.entries(workflow(`${FOLDER}/release.yml`).jobs)
      .filter(([, { permissions }]) => permissions?.['contents'] === 'write')
      .map(([name]) => name);
    expect(writing).toEqual(['github']);
  });

  it('every platform but those with musl is tried on a machine of its own before anything is published', () => {
    const { jobs } = workflow(`${FOLDER}/release.yml`);
    const tried = jobs['try']?.strategy?.matrix.include.map(({ target }) => target);
    const platforms = TARGETS.filter(({ libc }) => libc !== 'musl').map(({ name }) => name);
    expect(tried?.toSorted()).toEqual(platforms.toSorted());
  });
});
