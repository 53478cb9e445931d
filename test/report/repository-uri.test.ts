import { describe, expect, it } from 'vitest';
import { repositoryUri, sameRepository } from '../../src/report/repository-uri.ts';

describe('the URI of a repository', () => {
  it.each([
    ['https://git.example.test/team/parser', 'git+https://git.example.test/team/parser'],
    ['https://git.example.test/team/parser.git/', 'git+https://git.example.test/team/parser.git'],
    ['https://alice:s3cret@GIT.example.test:443/parser', 'git+https://git.example.test/parser'],
    ['git+https://token@git.example.test/parser', 'git+https://git.example.test/parser'],
    ['http://git.example.test:8080/parser', 'git+http://git.example.test:8080/parser'],
    ['ssh://git@git.example.test:22/team/parser', 'git+ssh://git.example.test/team/parser'],
    ['ssh://git@git.example.test:2222/parser', 'git+ssh://git.example.test:2222/parser'],
    ['git@git.example.test:team/parser.git', 'git+ssh://git.example.test/team/parser.git'],
    ['git.example.test:/srv/parser', 'git+ssh://git.example.test/srv/parser'],
    ['git@[2001:db8::1]:parser', 'git+ssh://[2001:db8::1]/parser'],
    ['git://git.example.test/parser', 'git+git://git.example.test/parser'],
  ])('%s becomes %s', (address, uri) => {
    expect(repositoryUri(address)).toBe(uri);
    expect(repositoryUri(uri)).toBe(uri);
  });

  it.each([
    ...['/srv/parser.git', '../parser', 'parser', 'file:///srv/parser.git', 'C:/parser'],
    ...['C:\\parser', 'ext::sh -c true', 'codecommit::eu-west-1://parser', ''],
    ...['https://git.example.test', 'https://git.example.test/', 'https:///parser'],
    ...[
      'https://git.example.test/parser?private_token=s3cret',
      'https://git.example.test/p#s3cret',
    ],
    ...['alice:s3cret@git.example.test:parser', 'git+git.example.test:parser@x'],
  ])('%s names no repository for others', (address) => {
    expect(repositoryUri(address)).toBeUndefined();
  });

  it('two URIs that differ in protocol or .git mean one repository, and another path or port another', () => {
    const one = 'git+https://git.example.test/parser';
    expect(sameRepository(one, 'git+ssh://git.example.test/parser.git')).toBe(true);
    expect(sameRepository(one, 'git+https://git.example.test/other')).toBe(false);
    expect(sameRepository(one, 'git+https://git.example.test:8443/parser')).toBe(false);
  });
});
