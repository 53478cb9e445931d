/** What the gate pays for believing hashes alone: a range against the same commits one by one, and a base that went on. */

import { execFileSync } from 'node:child_process';
import type { Row } from './agent-rows.ts';
import { type Invocation, interleaved } from './measure.ts';
import type { BenchRepository } from './repositories.ts';

type Call = (args: readonly string[]) => Invocation;

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Rows for a history of `count` commits in a row on `main`. */
export async function gateRows(
  { repository, env }: BenchRepository,
  count: number,
  call: Call,
): Promise<readonly Row[]> {
  const person = ['-c', 'user.name=A', '-c', 'user.email=a@example.test'];
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', repository, ...person, ...args], { encoding: 'utf8' }).trim();
  const root = git('rev-list', '--max-parents=0', 'main');
  const topic = git('commit-tree', EMPTY_TREE, '-p', root, '-m', 'topic');
  const who = ['--unsafe-any-identity', '--offline', '--trusted-root', env['SIGNET_TRUST'] ?? ''];
  const verify = (name: string, ...args: readonly string[]): Invocation => ({
    ...call(['verify', '--format', 'jsonl', ...who, ...args]),
    ...{ name, cwd: repository, exits: [0, 5] },
  });
  const range = verify('range', `${root}..main`);
  const listed = { ...verify('listed', '--stdin'), input: git('rev-list', `${root}..main`) };
  const times = await interleaved([range, listed], 5);
  const [walked = Number.NaN, alone = Number.NaN] = [times.get('range'), times.get('listed')];
  const ratio = walked / alone;
  const forks = await interleaved(
    [verify('far', `main..${topic}`), verify('near', `${root}..${topic}`)],
    5,
  );
  const [far = Number.NaN, near = Number.NaN] = [forks.get('far'), forks.get('near')];
  return [
    {
      what: `gate, what hashing costs: a range of ${count} commits / the same commits on stdin`,
      figure: `${ratio.toFixed(2)} (${walked.toFixed(0)} / ${alone.toFixed(0)} ms)`,
      budget: '≤ 1.10',
      holds: ratio <= 1.1,
    },
    {
      what: `gate, one commit whose base went on by ${count} / whose base did not`,
      figure: `${far.toFixed(0)} / ${near.toFixed(0)} ms, ${(((far - near) * 1000) / count).toFixed(0)} µs a commit`,
      budget: 'none',
      holds: undefined,
    },
  ];
}
