/** Random histories, policies, trust roots and options, so that runs with and without the proof store can be compared. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../../src/sandbox/index.ts';
import { MAIN, withApprovals } from '../approval-scene.ts';
import { type Chance, chanceOf } from '../policy-model/chance.ts';
import { type By, type PolicyCommit, policyScene } from '../policy-scenario.ts';

const PEOPLE = ['alice', 'alice', 'alice', 'bob', 'bob', 'carol', 'mallory'] as const;
const address = (name: string): string => `${name}@example.test`;
const HOUR = 3600;

type Scene = ReturnType<typeof policyScene>;

/** A random rule for commits, in YAML's flow style. */
function rule(chance: Chance): string {
  const maybe = (times: number, ...values: readonly string[]): readonly string[] =>
    chance.once(times) ? [chance.pick(values)] : [];
  const fields = [
    ...maybe(3, `refs: [${MAIN}]`, "refs: ['refs/heads/*']", 'refs: [refs/heads/next]'),
    ...maybe(3, 'by: [alice]', 'by: [alice, bob]', 'by: [team]'),
    ...maybe(3, 'committer: match', 'committer: report'),
    ...maybe(4, 'author: match', 'author: report'),
    ...maybe(5, 'sign-off: signer'),
    ...maybe(4, 'max-skew: 30m', 'max-skew: 3d'),
    ...maybe(2, 'merges: passing', 'merges: clean', 'merges: clean'),
    ...maybe(4, 'distinct-signers: 2'),
    ...maybe(4, 'approvals: {count: 1}', 'approvals: {count: 1, not: author}'),
    ...maybe(3, 'carried: {how: [squash, rebase, merge]}', 'carried: {how: [squash]}'),
  ];
  return `{${fields.join(', ')}}`;
}

/** A random policy of this sequence. It always allows alice. */
function policyText(chance: Chance, { policy, bob, issuer, now }: Scene, sequence: number): string {
  const time = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().replace('.000', '');
  const bounded = chance.once(4) ? `, until: '${time(now - HOUR)}'` : '';
  const carol = `  - {name: carol, identity: ${address('carol')}, issuer: '${issuer}'${bounded}}\n`;
  const rules = Array.from({ length: 1 + chance.upTo(2) }, () => rule(chance));
  const lost = `{identity: ${address(chance.pick(['bob', 'carol']))}, issuer: '${issuer}', from: '${time(now - 3 * HOUR)}', until: '${time(now + (chance.once(2) ? HOUR : -HOUR))}', reason: lost}`;
  const more = [
    `sequence: ${sequence}\n`,
    'roles: {team: [alice, bob]}\n',
    ...(chance.once(4) ? [] : [`commits: [${rules.join(', ')}]\n`]),
    ...(chance.once(2) ? ['changes: [alice]\n'] : []),
    ...(chance.once(4) ? [`revoked: [${lost}]\n`] : []),
    ...(chance.once(6) ? [`attestations: [{type: 'https://a.test/t', refs: [${MAIN}]}]\n`] : []),
  ];
  return policy(more.join(''), `${bob}${carol}`);
}

/** A history with merges, squashes, changes of the policy, bad signatures and approvals. */
async function history(chance: Chance, scene: Scene, sandbox: Sandbox) {
  const { commit, repository, now, branch } = scene;
  const { must, git } = repository;
  const { approve } = withApprovals(scene, sandbox);
  const policies = [1, 2, 3].map((sequence) => policyText(chance, scene, sequence));
  const files = (more: Record<string, string>, at = 0) => ({
    ...more,
    '.signet.yaml': policies[at] ?? '',
  });
  const known: {
    readonly id: string;
    readonly tree: Record<string, string>;
    readonly at: number;
  }[] = [];
  const add = async (fields: PolicyCommit, tree: Record<string, string>, at: number) => {
    const id = await commit(fields);
    known.push({ id, tree, at });
    return id;
  };
  await add({ files: files({}) }, {}, 0);
  const count = 8 + chance.upTo(8);
  const calm = !chance.once(3);
  for (let number = 1; number < count; number += 1) {
    const recent = known.slice(-4);
    const base = chance.once(5) ? chance.pick(recent) : (known.at(-1) ?? chance.pick(known));
    const person = chance.pick(calm ? PEOPLE.slice(0, -1) : PEOPLE);
    const at = (now - chance.pick([0, 0, 1800, 5400, 7200])) * 1000;
    const rekor = chance.once(4) ? 2 : 1;
    const by: By =
      !calm && chance.once(9)
        ? 'nobody'
        : {
            ...{ email: address(person), rekor: !calm && chance.once(9) ? 'none' : rekor, at },
            timestamp: rekor === 2 || chance.once(3),
          };
    const tree = chance.once(2) ? base.tree : { ...base.tree, [`f${number}`]: String(number) };
    const policyAt = chance.once(7) ? Math.min(2, base.at + 1) : base.at;
    const signedOff = chance.once(2) ? `\n\nSigned-off-by: P <${address(person)}>` : '';
    const fields: PolicyCommit = {
      ...{
        by,
        subject: `change ${number}${signedOff}`,
        date: chance.once(6) ? now - 2 * HOUR : Math.floor(at / 1000),
      },
      ...(chance.once(calm ? 20 : 5) ? { committer: address('carol') } : {}),
      ...(chance.once(calm ? 20 : 5) ? { author: address('alice') } : {}),
      ...(!calm && chance.once(9) && by !== 'nobody' ? { tampered: true } : {}),
    };
    const other = chance.pick(recent);
    if (chance.once(3) && other !== base) {
      const parents = [base.id, other.id];
      const made = git('merge-tree', '--write-tree', ...parents);
      const clean = made.exit === 0 && !chance.once(4) ? made.out.trim() : undefined;
      const content = clean === undefined ? { files: files(tree, base.at) } : { tree: clean };
      await add({ ...fields, parents, ...content }, tree, base.at);
    } else if (chance.once(calm ? 12 : 6) && base !== known[0]) {
      // a forge squashes what a pull request holds
      const from = known[0] ?? base;
      must('update-ref', `refs/pull/${number}/head`, base.id);
      const content = { tree: must('rev-parse', `${base.id}^{tree}`) };
      const about = { by: 'nobody' as const, subject: `Land (#${number})` };
      await add({ ...about, ...content, parents: [from.id] }, base.tree, base.at);
    } else {
      await add({ ...fields, parents: [base.id], files: files(tree, policyAt) }, tree, policyAt);
    }
    const made = known.at(-1)?.id ?? '';
    if (chance.once(5))
      await approve(made, { by: address(chance.pick(['alice', 'bob', 'carol'])) });
  }
  const ids = known.map(({ id }) => id);
  branch('main', ids.at(-1) ?? '');
  return { ids, policies };
}

/** Trust roots: the sandbox's own, and others that lost a part or a part of its time. */
function trustRoots({ files }: Sandbox, home: string, now: number): readonly string[] {
  const text = readFileSync(files.trustedRoot, 'utf8');
  type Log = { publicKey: { validFor: { start: string; end?: string } } };
  type Root = { tlogs: Log[]; ctlogs: Log[]; timestampAuthorities: unknown[] };
  const write = (name: string, change: (root: Root) => void): string => {
    const root = JSON.parse(text) as Root;
    change(root);
    const path = join(home, `${name}.json`);
    writeFileSync(path, JSON.stringify(root));
    return path;
  };
  const end = new Date((now - HOUR) * 1000).toISOString();
  return [
    ...Array<string>(6).fill(files.trustedRoot),
    write('without-log', (root) => root.tlogs.splice(0, 1)),
    write('without-second-log', (root) => root.tlogs.splice(1, 1)),
    write('without-authority', (root) => root.timestampAuthorities.splice(0)),
    write('shorter-log', (root) => {
      for (const log of root.tlogs) log.publicKey.validFor.end = end;
    }),
    write('shorter-ct-log', (root) => {
      for (const log of root.ctlogs) log.publicKey.validFor.end = end;
    }),
  ];
}

const FORMATS = ['jsonl', 'jsonl', 'json', 'text', 'junit', 'sarif', 'html', 'github'] as const;

/** Arguments of `verify`, and the time at which it runs (Unix seconds). */
export interface StoreRun {
  readonly args: readonly string[];
  readonly now: number;
}

/** Makes a repository and the runs that judge it. The same seed makes the same choices. */
export async function storeCase(seed: number, runs: number, sandbox: Sandbox) {
  const chance = chanceOf(seed);
  const scene = policyScene(`store-${seed}`, sandbox, chance.once(4) ? 'sha256' : 'sha1');
  const { ids, policies } = await history(chance, scene, sandbox);
  const { repository, file, now } = scene;
  const roots = trustRoots(sandbox, repository.home, now);
  const paths = [...policies, policyText(chance, scene, 4), policyText(chance, scene, 5)].map(
    (text, at) => file(text, `policy-${at}.yaml`),
  );
  const pickRun = (): StoreRun => {
    const [first = '', tip = ''] = [ids[chance.upTo(2)], ids.at(-1 - chance.upTo(2))];
    const whose = chance.pick([
      ...paths.map((path) => ['--policy', path]),
      ['--policy-from', first],
      ['--policy-from', tip],
      ['--policy-from', 'parents', '--since', first],
      ['--unsafe-any-identity'],
    ]);
    const any = whose.includes('--unsafe-any-identity');
    const ranges = [...Array<string[]>(5).fill([`${first}..${tip}`]), [`${first}...${tip}`], [tip]];
    const several = [`${first}..${ids[4] ?? tip}`, tip];
    return {
      args: [
        ...['verify', '--offline', '--trusted-root', chance.pick(roots)],
        ...['--format', chance.pick(FORMATS), ...whose],
        ...(any ? [] : ['--ref', MAIN]),
        ...(chance.once(6) ? ['--insecure-ignore-sct'] : []),
        ...(chance.once(6) ? several : chance.pick(ranges)),
      ],
      now: now + chance.pick([60, 60, 60, 60, 60, HOUR, -HOUR]),
    };
  };
  return { repository, ids, paths, now, runs: Array.from({ length: runs }, pickRun) };
}
