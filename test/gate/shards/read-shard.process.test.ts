import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.ts';
import { readShardFile } from '../../../src/gate/shards/read-shard.ts';
import { scratchDirectory } from '../../support/sandbox.ts';

it('a pipe without a writer is refused at once', async () => {
  const pipe = join(scratchDirectory('shard-pipe'), 'a.shard');
  execFileSync('mkfifo', [pipe]);
  await expect(readShardFile(pipe)).rejects.toThrow(UsageError);
});
