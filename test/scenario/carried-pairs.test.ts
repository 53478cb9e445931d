/**
 * Sixty made landings: squashed, rebased, merged, and in a queue. Half of them are altered by one byte, mode, path or
 * parent. Real git makes the honest ones in a working tree. A seed makes the choices.
 */

import { describe, expect, it } from 'vitest';
import { type Content, carriedForge } from '../support/carried-forge.ts';
import { type Chance, chanceOf } from '../support/policy-model/chance.ts';
import { useSandbox } from '../support/sandbox.ts';
import { resultsOf } from '../support/verify-scenario.ts';

const sandbox = useSandbox();
const PAIRS = 60;
const LONG = { timeout: 600_000 };
const DAY = 24 * 3600;

type Forge = ReturnType<typeof carriedForge>;
const lines = (from: string): string =>
  Array.from({ length: 30 }, (_, index) => `${from} ${index}\n`).join('');

const FIRST = {
  a: lines('a'),
  'deep/er/b': lines('b'),
  run: { run: lines('run') },
  link: { link: 'a' },
  '.gitattributes': '*.txt text eol=crlf\n*.bin merge=ours\n',
  'c.txt': lines('c'),
  'd.bin': lines('d'),
} satisfies Record<string, Content>;

/** What one commit of a branch does. */
const EDITS: readonly ((chance: Chance, step: string) => Readonly<Record<string, Content>>)[] = [
  (_, step) => ({ a: `top ${step}\n${lines('a')}` }),
  (_, step) => ({ 'deep/er/b': 'removed', [`deep/moved ${step}`]: lines('b') }),
  (_, step) => ({ run: { run: `${lines('run')}more ${step}\n` } }),
  (_, step) => ({ run: lines('run'), 'added file': `${step}` }),
  (_, step) => ({ link: { link: `to ${step}` } }),
  (_, step) => ({ 'c.txt': `top ${step}\n${lines('c')}` }),
  (_, step) => ({ 'd.bin': `top ${step}\n${lines('d')}` }),
  (chance, step) => ({ [`new/${chance.upTo(9)}`]: `${step}` }),
];

type Alteration = 'byte' | 'mode' | 'path' | 'parent';
type Way = 'squash' | 'rebase' | 'merge' | 'queue';
const WAYS: readonly Way[] = ['squash', 'rebase', 'merge', 'queue'];
const ALTERATIONS: readonly Alteration[] = ['byte', 'mode', 'path', 'parent'];

/** A landing with what the gate must say of its last commit. */
interface Pair {
  readonly way: Way;
  readonly altered: Alteration | undefined;
  readonly from: string;
  readonly tip: string;
  /** Age of the head in days. */
  readonly age: number;
}

async function branchOf(
  forge: Forge,
  { base, number, age }: { readonly base: string; readonly number: number; readonly age: number },
  chance: Chance,
): Promise<string> {
  let tip = base;
  const count = 1 + chance.upTo(3);
  for (let step = 0; step < count; step += 1) {
    const edit = chance.pick(EDITS);
    const by = { email: chance.pick(['alice@example.test', 'bob@example.test']) };
    const date = forge.now - age * DAY;
    tip = await forge.work(tip, edit(chance, `${number}.${step}`), {
      by,
      date,
      subject: `step ${step}`,
    });
  }
  return tip;
}

/** The same landing with one difference. */
async function alter(forge: Forge, tip: string, how: Alteration, base: string): Promise<string> {
  const { repository, commit, treeOf, treeWith } = forge;
  const [parent = '', ...others] = repository.must('rev-parse', `${tip}^@`).split('\n');
  const subject = repository.must('log', '-1', '--format=%s', tip);
  const same = { by: 'nobody', subject } as const;
  const committer = 'noreply@github.com';
  if (how === 'parent')
    return commit({ ...same, committer, parents: [base, ...others], tree: treeOf(tip) });
  const changed = {
    byte: { 'main only': 'main.\n' },
    mode: { 'main only': { run: 'main\n' } },
    path: { 'main only': 'removed', 'main  only': 'main\n' },
  } satisfies Record<string, Record<string, Content>>;
  const tree = treeWith(tip, changed[how]);
  return commit({ ...same, committer, parents: [parent, ...others], tree });
}

async function landing(forge: Forge, start: string, number: number, chance: Chance): Promise<Pair> {
  const way = WAYS[number % WAYS.length] as Way;
  const altered = number % 2 === 0 ? undefined : chance.pick(ALTERATIONS);
  const age = chance.once(4) ? 40 + chance.upTo(100) : 0;
  const head = await branchOf(forge, { base: start, number, age }, chance);
  forge.pull(number, head);
  // main goes on, so that a landing on another parent is another tree
  const below = await forge.work(start, { 'main first': `${number}\n` });
  const from = await forge.work(below, { 'main only': 'main\n', a: `${lines('a')}bottom\n` });
  const subject = `Land ${number} (#${number})`;
  const tips = {
    squash: async () => forge.squash(from, head, subject),
    rebase: async () => forge.rebase(from, head).at(-1) ?? from,
    merge: async () => forge.merge(from, head, subject),
    queue: async () => {
      const other = await forge.work(start, { [`queued ${number}`]: 'q' });
      forge.pull(1000 + number, other);
      const before = await forge.squash(from, other, `Queued (#${1000 + number})`);
      return number % 8 < 4
        ? forge.squash(before, head, subject)
        : forge.merge(before, head, subject);
    },
  } satisfies Record<Way, () => Promise<string>>;
  const tip = await tips[way]();
  if (altered === undefined) return { way, altered, from, tip, age };
  const wrong = await alter(forge, tip, altered, below);
  return { way, altered, from: altered === 'parent' ? below : from, tip: wrong, age };
}

async function made(name: string, seed: number) {
  const forge = carriedForge(name, sandbox());
  const rules = forge.file(
    forge.policy('commits: [{carried: {how: [squash, rebase, merge]}}]\n', forge.bob),
  );
  const start = await forge.work(undefined, FIRST);
  return { forge, rules, start, chance: chanceOf(seed) };
}

describe('landings of every kind', () => {
  it(
    'of sixty landings the honest pass, and one altered byte, mode, path or parent is seen (J1)',
    LONG,
    async () => {
      const { forge, rules, start, chance } = await made('pairs', 19);
      const wrong: unknown[] = [];
      const count = { passed: 0, refused: 0, old: 0 };
      for (let number = 0; number < PAIRS; number += 1) {
        const pair = await landing(forge, start, number, chance);
        const answered = await forge.verify('--policy', rules, `${pair.from}..${pair.tip}`);
        const results = resultsOf(answered);
        const result = results.find(({ objectId }) => objectId === pair.tip);
        const good = results.every(({ status }) => status === 'verified');
        const noted =
          result?.findings?.some(({ code }) => code === 'carried-head-doubtful') ?? false;
        const refused =
          ['unsigned', 'not-allowed'].includes(result?.status ?? '') && answered.exit !== 0;
        const right =
          pair.altered === undefined
            ? good && result?.carried !== undefined && noted === pair.age > 30
            : refused && result?.carried === undefined;
        if (!right) wrong.push({ number, ...pair, said: [...answered.said] });
        count[pair.altered === undefined ? 'passed' : 'refused'] += 1;
        if (noted) count.old += 1;
      }
      expect(wrong).toEqual([]);
      expect(count).toMatchObject({ passed: 30, refused: 30 });
      expect(count.old).toBeGreaterThan(2);
    },
  );

  it('a head that was taken back and is landed again passes with a note (J4)', async () => {
    const { forge, rules, start } = await made('again', 1);
    const head = await forge.work(start, { 'added file': 'x' });
    forge.pull(7, head);
    const once = await forge.squash(start, head, 'Add it (#7)');
    const back = await forge.work(once, { 'added file': 'removed' });
    const again = await forge.squash(back, head, 'Add it (#8)');
    const answered = await forge.verify('--policy', rules, `${start}..${again}`);
    expect(answered.exit).toBe(0);
    const findings = new Map(resultsOf(answered).map((each) => [each.objectId, each.findings]));
    expect(findings.get(once)).toBeUndefined();
    const notes = findings.get(again)?.map(({ code, severity }) => [code, severity]);
    const note = ['carried-head-doubtful', 'note'];
    expect(notes).toEqual([note, note]);
  });
});
