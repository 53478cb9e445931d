import { describe, expect, it } from 'vitest';
import { committerHere } from '../../src/git/committer.ts';
import { scratchRepository } from '../support/git-repository.ts';

type More = Readonly<Record<string, string>>;

/** A repository with this configuration, and who commits there. */
function committerWith(config: More, more: More = {}) {
  const repository = scratchRepository('committer');
  for (const key of ['user.name', 'user.email']) repository.git('config', '--unset', key);
  for (const [key, value] of Object.entries(config)) repository.must('config', key, value);
  const { GIT_COMMITTER_NAME: _, GIT_COMMITTER_EMAIL: __, EMAIL: ___, ...env } = repository.env;
  return committerHere(repository.path, { ...env, ...more });
}

const USER = { 'user.name': 'Alice', 'user.email': 'alice@example.test' };
const WORK = { ...USER, 'committer.email': 'alice@work.test' };

describe('the committer that git would write', () => {
  it.each([
    ['the user', USER, {}, 'Alice', 'alice@example.test'],
    ['the committer', WORK, {}, 'Alice', 'alice@work.test'],
    ['a variable', WORK, { GIT_COMMITTER_EMAIL: 'bob@example.test' }, 'Alice', 'bob@example.test'],
    ['EMAIL', { 'user.name': 'Alice' }, { EMAIL: 'eve@example.test' }, 'Alice', 'eve@example.test'],
    ['EMAIL, outweighed', USER, { EMAIL: 'eve@example.test' }, 'Alice', 'alice@example.test'],
  ])('is %s', async (_, config, more, name, email) => {
    expect(await committerWith(config, more)).toMatchObject({ name, email });
  });

  it('the committer is undefined if nothing names one, or if there is no git', async () => {
    // and nothing is guessed from this machine's name
    const strict = { 'user.name': 'Alice', 'user.useConfigOnly': 'true' };
    expect(await committerWith(strict)).toBeUndefined();
    expect(await committerWith(USER, { PATH: '' })).toBeUndefined();
  });
});
