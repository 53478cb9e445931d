import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { scratchRepository } from '../support/git-repository.ts';

it('a repository is named for its folder, in a subfolder, a worktree and a bare clone too', async () => {
  const { path, env, must } = scratchRepository('named');
  const inside = join(path, 'parser');
  must('init', '--quiet', inside);
  const person = ['-c', 'user.name=Alice', '-c', 'user.email=alice@example.test'];
  const commit = ['commit', '--quiet', '--allow-empty', '--no-gpg-sign', '-m', 'one'];
  must('-C', inside, ...person, ...commit);
  mkdirSync(join(inside, 'src/deep'), { recursive: true });
  must('-C', inside, 'worktree', 'add', '--quiet', join(path, 'elsewhere'));
  must('clone', '--quiet', '--bare', inside, join(path, 'parser.git'));
  const named = async (...parts: string[]): Promise<string> => {
    const repository = await openRepository(join(path, ...parts), env);
    repository.objects.close();
    return repository.name;
  };
  expect(await named('parser')).toBe('parser');
  expect(await named('parser', 'src', 'deep')).toBe('parser');
  expect(await named('elsewhere')).toBe('parser');
  expect(await named('parser.git')).toBe('parser.git');
});
