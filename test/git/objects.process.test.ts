import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Child, startGit, writeLines } from '../../src/git/objects.ts';
import { openRepository } from '../../src/git/repository.ts';
import { scratchRepository } from '../support/git-repository.ts';

/** Starts a program in place of git. */
async function started(name: string, lines: string): Promise<Child> {
  const { home, path, env } = scratchRepository(name);
  const repository = await openRepository(path, env);
  repository.objects.close();
  const git = join(home, 'other-git');
  writeFileSync(git, `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
  return startGit({ ...repository, git }, ['cat-file']);
}

const LINES = Array.from({ length: 20_000 }, (_, at) => String(at).padStart(40, '0'));

it('waits for git leave nothing behind, so a long run does not keep all lines that it wrote', async () => {
  const child = await started('waits', 'cat >/dev/null');
  const { done } = child;
  let looked = 0;
  Object.assign(done, {
    // biome-ignore lint/suspicious/noThenProperty: each look at the promise stays in it until git ends
    then: (...handlers: Parameters<typeof done.then>) => {
      looked += 1;
      return Promise.prototype.then.apply(done, handlers);
    },
  });
  const before = child.process.stdin.listenerCount('drain');
  for (let round = 0; round < 8; round += 1) await writeLines(child, LINES);
  expect(looked).toBe(0);
  expect(child.process.stdin.listenerCount('drain')).toBe(before);
  child.process.stdin.end();
  await done;
});

it.each([
  ['while a line waits', 'sleep 0.3; exit 3'],
  ['before any line', 'exit 3'],
])('a git that ends %s ends the wait, and its failure is told', async (_name, lines) => {
  const child = await started('ends', lines);
  for (let round = 0; round < 3; round += 1) await writeLines(child, LINES);
  await expect(child.done).rejects.toMatchObject({ code: 'GIT_FAILED' });
  await writeLines(child, LINES);
});
