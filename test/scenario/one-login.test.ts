/**
 * One login for the day: a rebase of fifty commits, a second worktree and a third terminal at the same time, while
 * certificates of twenty seconds come to their end; and two identities that never mix.
 */

import { afterEach, describe, expect, it } from 'vitest';
import { countLogins, type Machine, machineAt } from '../support/machine.ts';
import { useSandbox } from '../support/sandbox.ts';

const sandbox = useSandbox({ certificateLifetimeSeconds: 20 });
const COMMITS = 50;
let machine: Machine;
afterEach(() => machine.close());

/** `count` unsigned commits on a new branch; the branch that was there stays checked out. */
async function branch(at: string, name: string, count: number): Promise<void> {
  const { must } = machine;
  const base = await must(at, 'rev-parse', 'HEAD');
  const tree = await must(at, 'rev-parse', 'HEAD^{tree}');
  let tip = base;
  for (let i = 1; i <= count; i += 1) {
    tip = await must(at, 'commit-tree', '--no-gpg-sign', '-p', tip, '-m', `${name} ${i}`, tree);
  }
  await must(at, 'branch', name, tip);
}

interface Signed {
  readonly status: string;
  readonly signer?: { readonly value: string };
  readonly certificate?: { readonly sha1: string };
}

async function signatures(at: string, range: string): Promise<readonly Signed[]> {
  const trust = ['--trusted-root', sandbox().files.trustedRoot, '--unsafe-any-identity'];
  const args = ['verify', '--offline', ...trust, '--format', 'jsonl', '--stdin'];
  const input = await machine.must(at, 'rev-list', range);
  const { out } = await machine.signet(at, args, { input });
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Signed);
}

const empty = (message: string): readonly string[] => [
  'commit',
  '-q',
  '--allow-empty',
  '-m',
  message,
];

/** The values of one kind, each once. */
const distinct = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

describe('one login', () => {
  it('one login serves a rebase of 50 commits, a second worktree and a third terminal, and is renewed meanwhile (D10 D11 D18)', {
    timeout: 120_000,
  }, async () => {
    machine = await machineAt(sandbox());
    const logins = countLogins(sandbox());
    const { git, must, repository, directory } = machine;
    const [work, other] = [await repository('work'), await repository('other')];
    await must(work, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'base');
    await branch(work, 'topic', COMMITS);
    await branch(work, 'second', 10);
    await must(work, 'commit', '-q', '--no-gpg-sign', '--allow-empty', '-m', 'upstream');
    const tree = directory('tree');
    await must(work, 'worktree', 'add', '-q', tree, 'second');
    await must(work, 'checkout', '-q', 'topic');

    // a rebase takes as long as its tests: here longer than a certificate lives
    const pause = ['--keep-empty', '--exec', 'sleep 0.25'];
    const third = async (): Promise<void> => {
      for (let i = 1; i <= 10; i += 1) expect((await git(other, empty(`third ${i}`))).exit).toBe(0);
    };
    const [first, second] = await Promise.all([
      git(work, ['rebase', '-q', ...pause, 'main']),
      git(tree, ['rebase', '-q', '--keep-empty', 'main']),
      third(),
    ]);
    expect(first.exit, first.err).toBe(0);
    expect(second.exit, second.err).toBe(0);

    const [topic, worktree, terminal] = [
      await signatures(work, 'main..topic'),
      await signatures(tree, 'main..second'),
      await signatures(other, 'main'),
    ];
    expect([topic.length, worktree.length, terminal.length]).toEqual([COMMITS, 10, 10]);
    const all = [...topic, ...worktree, ...terminal];
    expect(distinct(all.map(({ status }) => status))).toEqual(['verified']);
    expect(distinct(all.map(({ signer }) => signer?.value))).toEqual(['alice@example.test']);
    const certificates = distinct(all.map(({ certificate }) => certificate?.sha1)).length;
    const { here } = JSON.parse((await machine.signet(work, ['status', '--json'])).out);
    expect(logins.count().logins).toBe(1);
    expect(certificates).toBeGreaterThan(1);
    expect(here.credential).toMatchObject({ signatures: 70 });
    // on a machine that stands still for long, one may be renewed that nothing was signed with
    expect(here.credential.renewals).toBeGreaterThanOrEqual(certificates - 1);
    expect(logins.count().tokens).toBe(here.credential.renewals + 1);
  });

  it('two repositories with different identities at once use two logins, each its own (D10)', async () => {
    machine = await machineAt(sandbox());
    const logins = countLogins(sandbox());
    const people = ['alice@example.test', 'bob@example.test'];
    const places = await Promise.all(
      people.map((person) =>
        machine.repository(person.split('@')[0] ?? '', { 'signet.identity': person }),
      ),
    );
    const series = async (at: string): Promise<void> => {
      for (let i = 0; i < 3; i += 1) {
        const ran = await machine.git(at, empty(`change ${i}`));
        expect(ran.exit, ran.err).toBe(0);
      }
    };
    await Promise.all(places.map(series));
    for (const [index, at] of places.entries()) {
      const signers = (await signatures(at, 'main')).map(({ signer }) => signer?.value);
      expect([signers.length, ...distinct(signers)]).toEqual([3, people[index]]);
    }
    expect(logins.count().logins).toBe(2);
  });
});
