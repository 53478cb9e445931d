/**
 * Rebased runs of three commits, each commit altered in turn. Other stories carry a submodule and a link, or are in a
 * repository with SHA-256.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { carriedForge } from '../support/carried-forge.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox();
const MAIN = 'refs/heads/main';
const FORGE = 'noreply@github.com';
const LONG = { timeout: 300_000 };
const ALICE = 'alice@example.test';

/** An entry of a tree: its mode, and its text or the commit of a submodule. `gone` removes it. */
type Entries = Readonly<Record<string, 'gone' | readonly [mode: string, content: string]>>;

async function start(name: string, format: 'sha1' | 'sha256' = 'sha1') {
  const forge = carriedForge(name, sandbox(), format);
  const { policy, file, repository, commit, now } = forge;
  const treeWith = (on: string, entries: Entries): string => {
    repository.must('read-tree', on);
    const lines = Object.entries(entries).map(([path, entry]) => {
      if (entry === 'gone') return `0 ${'0'.repeat(on.length)}\t${path}\n`;
      const [mode, content] = entry;
      const id = mode === '160000' ? content : repository.write('blob', Buffer.from(content));
      return `${mode} ${id}\t${path}\n`;
    });
    const input = Buffer.from(lines.join(''));
    expect(repository.gitWith({ input }, 'update-index', '--index-info').exit).toBe(0);
    return repository.must('write-tree');
  };
  const first = { a: ['100644', 'a\n'], b: ['100644', 'b\n'], link: ['120000', 'a'] } as const;
  repository.must('read-tree', '--empty');
  const empty = repository.must('write-tree');
  const baseTree = treeWith(empty, first);
  const mainTree = treeWith(baseTree, { b: ['100644', 'b\nb\n'] });
  const base = await commit({ tree: baseTree });
  /** main after another change landed. */
  const main = await commit({ tree: mainTree, parents: [base] });
  /** Writes commits on top of each other. Returns the last one. */
  const write = async (from: string, steps: readonly Step[], by?: 'nobody'): Promise<string> => {
    let tip = from;
    for (const { more = [], ...step } of steps) {
      const forged = by === undefined ? {} : { by, committer: FORGE };
      tip = await commit({ ...step, ...forged, parents: [tip, ...more], date: now });
    }
    return tip;
  };
  /** What the gate says of a range, oldest first: codes, or the status. */
  const said = async (from: string, tip: string, how = 'rebase'): Promise<readonly string[]> => {
    const rules = policy(`commits: [{refs: [${MAIN}], carried: {how: [${how}]}}]\n`, forge.bob);
    const range = `${from}..${tip}`;
    const answered = await forge.verify('--policy', file(rules), '--ref', MAIN, range);
    const ids = repository.must('rev-list', '--reverse', '--first-parent', range).split('\n');
    return ids.map((id) => answered.said.get(id) ?? 'not judged');
  };
  return { ...forge, base, main, baseTree, mainTree, said, write, treeWith };
}

type Forge = Awaited<ReturnType<typeof start>>;

interface Step {
  readonly subject: string;
  readonly author: string;
  readonly tree: string;
  /** More parents. */
  readonly more?: readonly string[];
}

/** The steps of three changes on a tree. */
function stepsOn({ treeWith }: Forge, tree: string, changes: readonly Entries[]): readonly Step[] {
  let on = tree;
  return changes.map((entries, index) => {
    on = treeWith(on, entries);
    return { subject: `step ${index}`, author: ALICE, tree: on };
  });
}

type Alter = (steps: readonly Step[], at: number, forge: Forge) => readonly Step[];

const step =
  (change: (old: Step, forge: Forge) => Partial<Step>): Alter =>
  (steps, at, forge) =>
    steps.map((old, index) => (index === at ? { ...old, ...change(old, forge) } : old));

/** Alters the tree of one step, or of all steps from there on. */
const tree =
  (entries: Entries, stays: boolean): Alter =>
  (steps, at, { treeWith }) =>
    steps.map((old, index) =>
      index === at || (stays && index > at) ? { ...old, tree: treeWith(old.tree, entries) } : old,
    );

const BYTE: Entries = { b: ['100644', 'b\nB\n'] };
const MODE: Entries = { b: ['100755', 'b\nb\n'] };
const PATH: Entries = { b: 'gone', B: ['100644', 'b\nb\n'] };

const ALTERATIONS: readonly (readonly [string, Alter])[] = [
  ['a byte that the next commit takes back', tree(BYTE, false)],
  ['a byte that stays', tree(BYTE, true)],
  ['a mode that the next commit takes back', tree(MODE, false)],
  ['a mode that stays', tree(MODE, true)],
  ['a path that the next commit takes back', tree(PATH, false)],
  ['a path that stays', tree(PATH, true)],
  ['another target of a link', tree({ link: ['120000', 'b'] }, true)],
  ['a submodule of its own', tree({ sub: ['160000', '1'.repeat(40)] }, true)],
  ['another message', step(({ subject }) => ({ subject: `${subject}.` }))],
  ['another author', step(() => ({ author: 'eve@example.test' }))],
  ['a second parent', step((_, { base }) => ({ more: [base] }))],
  ['the next commit before it', (steps, at) => swapped(steps, at)],
  ['a dropped commit', (steps, at) => steps.filter((_, index) => index !== at)],
  ['an empty commit before it', (steps, at, forge) => withEmpty(steps, at, forge)],
];

function swapped(steps: readonly Step[], at: number): readonly Step[] {
  const other = at + 1 < steps.length ? at + 1 : at - 1;
  const [one, two] = [steps[at], steps[other]];
  if (one === undefined || two === undefined) throw new Error('no such step');
  return steps
    .with(at, { ...one, subject: two.subject })
    .with(other, { ...two, subject: one.subject });
}

function withEmpty(steps: readonly Step[], at: number, { mainTree }: Forge): readonly Step[] {
  const before = steps[at - 1]?.tree ?? mainTree;
  return steps.toSpliced(at, 0, { subject: 'empty', author: ALICE, tree: before });
}

const CHANGES: readonly Entries[] = [
  { a: ['100644', 'a\na\n'] },
  { c: ['100644', 'c\n'] },
  { 'deep/d': ['100755', 'd\n'] },
];

describe('a rebased run of three commits', () => {
  let forge: Forge;
  let honest: readonly Step[];
  beforeAll(async () => {
    forge = await start('runs');
    const head = await forge.write(forge.base, stepsOn(forge, forge.baseTree, CHANGES));
    forge.pull(7, head);
    honest = stepsOn(forge, forge.mainTree, CHANGES);
  });

  it('the run passes as the forge made it (J1)', async () => {
    const tip = await forge.write(forge.main, honest, 'nobody');
    expect(await forge.said(forge.main, tip)).toEqual(honest.map(() => 'verified alice'));
  });

  it.each(ALTERATIONS)('a run with %s is refused at that commit (J1)', LONG, async (_, alter) => {
    for (const at of honest.keys()) {
      const steps = alter(honest, at, forge);
      const tip = await forge.write(forge.main, steps, 'nobody');
      const said = await forge.said(forge.main, tip);
      // a run may begin above a commit that is refused, so later commits may pass
      const until = Math.min(at, steps.length - 1);
      expect(said.slice(0, until + 1), `at ${at}`).toEqual(
        Array.from({ length: until + 1 }, () => 'unsigned'),
      );
    }
  });
});

describe('a run with a submodule and a link', () => {
  const POINTER = 'a1'.repeat(20);
  const changes: readonly Entries[] = [
    { sub: ['160000', POINTER], '.gitmodules': ['100644', '[submodule "sub"]\n\tpath = sub\n'] },
    { link: ['120000', 'elsewhere'], sub: ['160000', 'b2'.repeat(20)] },
  ];

  it(
    'it passes squashed and rebased, and another pointer, kind or target is refused (J1)',
    LONG,
    async () => {
      const forge = await start('submodule');
      const { said, write, pull, main, mainTree, treeWith } = forge;
      pull(7, await write(forge.base, stepsOn(forge, forge.baseTree, changes)));
      const honest = stepsOn(forge, mainTree, changes);
      const good = honest.map(() => 'verified alice');
      expect(await said(main, await write(main, honest, 'nobody'))).toEqual(good);
      const last = honest.at(-1)?.tree ?? '';
      const squashed = async (on: string) =>
        said(
          main,
          await write(main, [{ subject: 'All (#7)', author: ALICE, tree: on }], 'nobody'),
          'squash',
        );
      expect(await squashed(last)).toEqual(['verified alice']);
      const altered: readonly Entries[] = [
        { sub: ['160000', POINTER] },
        { sub: 'gone' },
        { sub: ['100644', 'sub\n'] },
        { link: ['120000', 'a'] },
        { link: ['100644', 'elsewhere'] },
        { '.gitmodules': ['100644', '[submodule "sub"]\n\tpath = sub\n\turl = x\n'] },
      ];
      for (const entries of altered) {
        expect(await squashed(treeWith(last, entries)), JSON.stringify(entries)).toEqual([
          'unsigned',
        ]);
      }
      const early = tree({ sub: ['160000', 'c3'.repeat(20)] }, false)(honest, 0, forge);
      expect(await said(main, await write(main, early, 'nobody'))).toEqual([
        'unsigned',
        'unsigned',
      ]);
    },
  );
});

describe('a repository with SHA-256', () => {
  it(
    'squashed, rebased and merged commits pass, and a byte more is refused (J1)',
    LONG,
    async () => {
      const forge = await start('sha256', 'sha256');
      const { said, write, pull, main, mainTree, treeWith } = forge;
      const head = await write(forge.base, stepsOn(forge, forge.baseTree, CHANGES));
      pull(7, head);
      const honest = stepsOn(forge, mainTree, CHANGES);
      const last = honest.at(-1)?.tree ?? '';
      expect(head).toHaveLength(64);
      expect(await said(main, await write(main, honest, 'nobody'))).toEqual(
        honest.map(() => 'verified alice'),
      );
      const landed = async (how: 'squash' | 'merge', on: string) => {
        const more = how === 'merge' ? { more: [head] } : {};
        const made = { subject: 'All (#7)', author: ALICE, tree: on, ...more };
        return said(main, await write(main, [made], 'nobody'), how);
      };
      for (const how of ['squash', 'merge'] as const) {
        expect(await landed(how, last), how).toEqual(['verified alice']);
        expect(await landed(how, treeWith(last, BYTE)), how).toEqual(['unsigned']);
      }
      const early = tree(BYTE, true)(honest, 1, forge);
      expect(await said(main, await write(main, early, 'nobody'))).toEqual(
        honest.map(() => 'unsigned'),
      );
    },
  );
});
