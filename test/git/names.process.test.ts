import { expect, it } from 'vitest';
import { resolveCommits } from '../../src/git/names.ts';
import { openRepository } from '../../src/git/repository.ts';
import { scratchRepository } from '../support/git-repository.ts';

it('a name that moves during a run still means its first commit (P13)', async () => {
  const { path, env, must } = scratchRepository('names');
  const commit = (subject: string): string => {
    must('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '-m', subject);
    return must('rev-parse', 'HEAD');
  };
  must('checkout', '--quiet', '-b', 'topic');
  const one = commit('one');
  const open = await openRepository(path, env);
  await resolveCommits(open, ['topic']);
  const two = commit('two');
  expect(two).not.toBe(one);
  const names = ['topic', 'refs/heads/topic', 'topic^{commit}', 'topic~0'];
  const found = await resolveCommits(open, names);
  expect(found.map((each) => each?.id)).toEqual(names.map(() => one));
  open.objects.close();
});
