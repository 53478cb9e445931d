/** A shard that a stranger wrote, with a digest that holds and a record of another shape: exit 2, and no report. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { forgedLines, shardText } from '../support/forged-lines.ts';
import { policyScene } from '../support/policy-scenario.ts';
import { useSandbox } from '../support/sandbox.ts';
import { signet } from '../support/verify-scenario.ts';

const sandbox = useSandbox();

it('a shard with a changed field in a record ends the merge with exit 2 (U4)', {
  timeout: 600_000,
}, async () => {
  const scene = policyScene('shards-forged', sandbox());
  const { repository, commit, policy, file, branch, now } = scene;
  const start = await commit({ files: { a: 'a' } });
  const one = await commit({ parents: [start], files: { a: 'b' } });
  branch('main', await commit({ parents: [one], files: { a: 'c' } }));
  const run = (...args: string[]) => signet(repository, args, { now: now + 60 });
  const trusting = ['--trusted-root', sandbox().files.trustedRoot, '--offline'];
  const range = [...trusting, '--policy', file(policy()), `${start}..main`];
  const [first = '', second = ''] = await Promise.all(
    ['1/2', '2/2'].map(async (shard) => {
      const { out } = await run('verify', '--shard', shard, ...range);
      const path = join(repository.home, `${shard.slice(0, 1)}.shard`);
      writeFileSync(path, out);
      return path;
    }),
  );
  const merge = () => run('merge-reports', '--format', 'jsonl', first, second);
  expect((await merge()).exit).toBe(0);
  const [head = '', record = '', end = ''] = readFileSync(second, 'utf8').split('\n');
  const forged = forgedLines(record).filter(({ absent }) => !absent);
  expect(forged.length).toBeGreaterThan(200);
  const wrong: unknown[] = [];
  for (const { what, line } of forged) {
    const text = shardText([head, line], JSON.parse(end));
    writeFileSync(second, text);
    const { exit, out } = await merge();
    if (exit !== 2 || out !== '') wrong.push({ what, exit, out });
  }
  expect(wrong).toEqual([]);
});
