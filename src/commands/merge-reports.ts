/** `git signet merge-reports`: settles the shards of a run, and writes the report that one run would have written. */

import { resolve } from 'node:path';
import type { Command, Run } from '../cli/command.ts';
import { readShardSet } from '../gate/shards/merge.ts';
import { VERIFY_EXITS, VERIFY_OPTIONS } from './verify/options.ts';
import { argumentsOf } from './verify/shard.ts';
import { runVerify, command as verify } from './verify/verify.ts';

const run: Run = async ({ positionals, values }, invocation) => {
  const { cwd } = invocation;
  const shards = await readShardSet(positionals.map((path) => resolve(cwd, path)));
  const args = argumentsOf(shards.words, verify);
  const merged = { ...args, values: new Map([...args.values, ...values]) };
  return runVerify(merged, { ...invocation, now: () => shards.now }, shards);
};

const { format } = VERIFY_OPTIONS;

export const command: Command = {
  summary: 'join the parts of verify --shard',
  positionals: [{ name: 'FILE', takes: 'file', repeated: true }],
  options: format === undefined ? {} : { format },
  about: [
    'Writes the report that one run of git signet verify would have written, and exits as that run would have. Give the files of all shards, and run it in a clone that holds the same commits. It verifies no signature again. It judges the rules that need several commits.',
    'It believes the files. So take them only from jobs that run no code of the commits that are judged.',
  ],
  examples: [
    ['git signet verify --shard 1/3 --policy-from A A..B > ../1.shard', 'and 2/3, 3/3'],
    ['git signet merge-reports --format sarif ../*.shard'],
  ],
  exits: VERIFY_EXITS,
  run,
};
